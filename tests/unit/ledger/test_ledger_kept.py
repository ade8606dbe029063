# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection for a row of transactions."""

from __future__ import annotations

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Reader
from ledger_scenes import NOW, PC


def driver_connection(tx: Reader) -> object:
    return tx._conn.connection.dbapi_connection


def test_a_ledger_that_is_kept_is_kept_by_whoever_keeps_it_again(ledger: Ledger) -> None:
    with ledger.kept() as kept:
        with kept.kept() as again, again.begin() as tx:
            tx.record_contact(PC, NOW, answered=True)
            inner = driver_connection(tx)
        with kept.read() as tx:
            assert driver_connection(tx) is inner, "it is still open"
            assert tx.presence([PC])[PC].last_seen == NOW
