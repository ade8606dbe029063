# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger: what was seen, intended and done, in an SQL database (docs/ledger.md).

    ledger = open_ledger("sqlite:////var/lib/nightshift/ledger.sqlite")
    with ledger.begin() as tx:
        recorded = tx.record_report("pc-017", parse_scan(result), at=now)

Import it at the top of a module, and call ``prepare()`` there: SQLAlchemy takes 0.15 s
to load and its statements 0.06 s to compile, once; forked workers inherit both. Where it
is not installed, ``HAS_SQLALCHEMY`` is False, ``SQLALCHEMY_TRACEBACK`` says why, and
``open_ledger`` raises LibraryMissing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import (
    JobActive,
    LedgerError,
    LibraryMissing,
    ReadOnly,
    SchemaMismatch,
    UnknownDevice,
    UnknownJob,
)
from .holder import Holder
from .requirements import HAS_ALEMBIC, HAS_SQLALCHEMY, SQLALCHEMY_TRACEBACK
from .values import Contact, Glance, History, Lease, Presence, Recorded, Signal, Standing, Ticket, TicketState

if TYPE_CHECKING or HAS_SQLALCHEMY:
    from .prepare import prepare
    from .store import Ledger, open_ledger, private_copy, reopen
    from .transaction import Reader, Transaction
else:
    Ledger = Reader = Transaction = None

    def open_ledger(url: str, read_only: bool = False):
        """Say which library is missing."""
        raise LibraryMissing(f"{url}: install the Python library sqlalchemy on the controller (2.0 or newer)")

    def reopen(url: str):
        """Say which library is missing."""
        return open_ledger(url)

    def private_copy(url: str, folder):
        """Say which library is missing."""
        return open_ledger(url)

    def prepare(url=None):
        """Nothing can be prepared."""


__all__ = [
    "HAS_ALEMBIC",
    "HAS_SQLALCHEMY",
    "SQLALCHEMY_TRACEBACK",
    "Contact",
    "Glance",
    "History",
    "Holder",
    "JobActive",
    "Lease",
    "Ledger",
    "LedgerError",
    "LibraryMissing",
    "Presence",
    "ReadOnly",
    "Reader",
    "Recorded",
    "SchemaMismatch",
    "Signal",
    "Standing",
    "Ticket",
    "TicketState",
    "Transaction",
    "UnknownDevice",
    "UnknownJob",
    "open_ledger",
    "prepare",
    "private_copy",
    "reopen",
]
