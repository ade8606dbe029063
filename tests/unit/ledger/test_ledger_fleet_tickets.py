# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tickets that concern no single device, and open ones that learn more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Signal, Ticket, Transaction, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.schema import MIGRATIONS
from ledger_scenes import HOUR, NOW, PC


def about(tx: Transaction, what: str, hours: int = 0) -> Ticket:
    return tx.raise_ticket(None, Signal.UPDATE_FAILED, "halted", "one", {"failed": 3}, NOW + hours * HOUR, about=what)


def test_a_ticket_without_a_device_is_raised_once_for_what_it_is_about(tx: Transaction) -> None:
    first = about(tx, "ring broad")
    assert about(tx, "ring broad", hours=1) == first
    assert about(tx, "ring pilot").id != first.id
    assert (first.device, first.about) == (None, "ring broad")
    assert len(tx.open_tickets()) == 2
    assert tx.open_tickets(PC) == ()


def test_what_a_ticket_is_about_is_never_mistaken_for_a_device_of_that_name(tx: Transaction) -> None:
    mine = tx.raise_ticket(PC, Signal.UPDATE_FAILED, "it failed", "one", {}, NOW)
    assert about(tx, PC).id != mine.id
    assert tx.open_tickets(PC) == (mine,)


def test_an_open_ticket_takes_the_newest_evidence_and_stays_the_same_ticket(tx: Transaction) -> None:
    first = tx.raise_ticket(PC, Signal.UPDATE_FAILED, "it failed twice", "one", {"tries": 2}, NOW)
    later = tx.raise_ticket(PC, Signal.UPDATE_FAILED, "it failed thrice", "one", {"tries": 3}, NOW + HOUR)
    assert (later.id, later.raised_at) == (first.id, NOW)
    assert tx.open_tickets() == (later,)
    assert (later.subject, later.evidence) == ("it failed thrice", {"tries": 3})


def test_tickets_of_an_older_ledger_stay_with_their_device(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = conn
        command.upgrade(config, "0006")
        conn.exec_driver_sql(
            "INSERT INTO devices (name, device_class, always_on, managed, known_since, failed_scans)"
            f" VALUES ('{PC}', 'desktop', false, true, '2026-11-23 16:00:00', 0)"
        )
        conn.exec_driver_sql(
            "INSERT INTO tickets (id, device, signal, update_id, subject, evidence, state, raised_at, closed_why,"
            f" open_key) VALUES ('t1', '{PC}', 'update_failed', 'one', 'it failed', '{{}}', 'pending',"
            " '2026-11-23 16:00:00', '', 'update_failed:one')"
        )
    engine.dispose()
    with open_ledger(url).begin() as tx:
        assert [(one.id, one.device, one.about) for one in tx.open_tickets(PC)] == [("t1", PC, "")]
        assert tx.raise_ticket(PC, Signal.UPDATE_FAILED, "it failed", "one", {}, NOW).id == "t1"
