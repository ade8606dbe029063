# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can go wrong with the ledger, each with place, value and remedy in one line."""

from __future__ import annotations

from ..tasks.fault import OperatorError


class LedgerError(OperatorError):
    """Base of all errors of this room."""


class LibraryMissing(LedgerError):
    """A Python library that the ledger needs is not installed on the controller."""


class SchemaMismatch(LedgerError):
    """The database has a schema that this version of the collection cannot use."""


class ReadOnly(LedgerError):
    """Something was to be written through a ledger that was opened for reading."""


class UnknownDevice(LedgerError):
    """The device was never enrolled."""


class UnknownJob(LedgerError):
    """The ledger has no such job for that device."""


class JobActive(LedgerError):
    """The device already has a running job of ours."""
