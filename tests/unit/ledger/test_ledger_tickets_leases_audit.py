# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tickets once, leases for one, and a trail that nobody can change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Holder,
    Ledger,
    Signal,
    Ticket,
    TicketState,
    Transaction,
    UnknownDevice,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import HOUR, MINUTE, NOW, PC, report

TTL = timedelta(minutes=10)


def raised(
    tx: Transaction, update: str | None = "one", signal: Signal = Signal.UPDATE_FAILED, hours: int = 0
) -> Ticket:
    return tx.raise_ticket(PC, signal, "it failed twice", update, {"codes": ["0x80240022"]}, NOW + hours * HOUR)


def test_a_ticket_is_raised_once_while_it_is_open(tx: Transaction) -> None:
    first = raised(tx)
    assert raised(tx, hours=1) == first
    assert tx.open_tickets() == (first,)
    assert (first.state, first.raised_at, first.evidence) == (TicketState.PENDING, NOW, {"codes": ["0x80240022"]})


def test_another_update_or_signal_is_another_ticket(tx: Transaction) -> None:
    tickets = {raised(tx).id, raised(tx, "two").id, raised(tx, None, Signal.SCAN_FAILED).id}
    assert len(tickets) == len(tx.open_tickets(PC)) == 3


def test_after_closing_the_same_trouble_raises_a_new_ticket(tx: Transaction) -> None:
    first = raised(tx)
    assert tx.close_ticket(first.id, NOW + HOUR, "disk replaced")
    assert not tx.close_ticket(first.id, NOW + 2 * HOUR, "again")
    second = raised(tx, hours=3)
    assert second.id != first.id
    assert [(one.id, one.closed_why) for one in tx.history(PC).tickets] == [
        (first.id, "disk replaced"),
        (second.id, ""),
    ]


def test_the_planner_sees_the_last_ticket_of_an_update(tx: Transaction) -> None:
    tx.record_report(PC, report("s1", NOW, missing=["one"]), NOW)
    tx.close_ticket(raised(tx).id, NOW + HOUR)
    state = tx.device_state(PC)
    assert state is not None
    one = state.updates["one"]
    assert (one.ticket_open, one.ticketed_at, one.ticket_closed_at) == (False, NOW, NOW + HOUR)
    raised(tx, hours=2)
    state = tx.device_state(PC)
    assert state is not None
    one = state.updates["one"]
    assert (one.ticket_open, one.ticketed_at, one.ticket_closed_at) == (True, NOW + 2 * HOUR, None)


def test_a_ticket_about_scans_is_seen_as_such(tx: Transaction) -> None:
    ticket = raised(tx, None, Signal.SCAN_FAILED)
    state = tx.device_state(PC)
    assert state is not None
    assert state.scan_ticket_open
    tx.close_ticket(ticket.id, NOW)
    state = tx.device_state(PC)
    assert state is not None
    assert not state.scan_ticket_open


def test_a_ticket_for_a_device_that_was_never_enrolled_is_refused(tx: Transaction) -> None:
    with pytest.raises(UnknownDevice):
        tx.raise_ticket("pc-999", Signal.SCAN_FAILED, "", None, {}, NOW)


def test_a_lease_excludes_every_other_holder_until_it_expires(tx: Transaction) -> None:
    assert tx.acquire_lease(PC, "a", NOW, TTL)
    assert tx.acquire_lease(PC, "a", NOW + MINUTE, TTL)
    assert not tx.acquire_lease(PC, "b", NOW + 10 * MINUTE, TTL)
    assert tx.acquire_lease(PC, "b", NOW + 11 * MINUTE, TTL)
    assert not tx.acquire_lease(PC, "a", NOW + 12 * MINUTE, TTL)
    assert tx.leases([PC])[PC].holder == "b"


def test_leases_are_given_back_one_by_one_or_all_and_only_ones_own(tx: Transaction) -> None:
    names = [f"pc-{number}" for number in range(600)]
    assert tx.acquire_lease("pc-7", "other", NOW, TTL)
    assert [name for name in names if not tx.acquire_lease(name, "me", NOW, TTL)] == ["pc-7"]
    tx.release_leases("me", ["pc-1", "pc-7"])
    assert tx.leases(names).keys() == set(names) - {"pc-1"}
    tx.release_leases("me")
    assert tx.leases(names).keys() == {"pc-7"}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to tell whether a process lives")
def test_the_lease_of_a_dead_process_is_taken_over_at_once(tx: Transaction) -> None:
    here = Holder.here("patrol-2")
    dead = replace(here, patrol="patrol-1", start="1")  # a process that had our number before us
    assert tx.acquire_lease("pc-1", dead, NOW, TTL)
    assert tx.acquire_lease("pc-2", dead, NOW, TTL)
    assert not tx.acquire_lease("pc-1", "a holder of another make", NOW, TTL)
    assert tx.acquire_lease("pc-1", here, NOW, TTL)
    assert tx.take_over_dead(here) == ("pc-2",)
    assert tx.leases(["pc-1", "pc-2"])["pc-1"].holder == str(here)


def test_the_lease_of_a_living_process_is_not_taken_over(tx: Transaction) -> None:
    assert tx.acquire_lease(PC, Holder.here("patrol-1"), NOW, TTL)
    assert not tx.acquire_lease(PC, Holder.here("patrol-2"), NOW, TTL)
    assert tx.take_over_dead(Holder.here("patrol-2")) == ()


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_audit_trail_refuses_to_be_changed(ledger: Ledger, change: str) -> None:
    with ledger.begin() as tx:
        tx.audit("ada", "approved", PC, {"kb": "KB1"}, NOW)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), ledger.begin() as tx:
        tx._conn.execute(sa.text(change))
    with ledger.read() as reader:
        assert [(one.actor, one.event, one.detail) for one in reader.audit_trail(PC)] == [
            ("ada", "approved", {"kb": "KB1"})
        ]


def test_the_audit_trail_gives_the_newest_lines_oldest_first(tx: Transaction) -> None:
    for number in range(5):
        tx.audit("ada", f"event-{number}", None, {}, NOW)
    assert [one.event for one in tx.audit_trail(limit=2)] == ["event-3", "event-4"]


def test_a_patrol_without_an_end_was_killed(tx: Transaction) -> None:
    tx.begin_patrol("p1", "me", NOW)
    tx.begin_patrol("p2", "me", NOW)
    tx.end_patrol("p1", NOW + HOUR, {"installed": 3})
    rows = tx._conn.execute(sa.text("SELECT id, ended_at IS NULL FROM patrols ORDER BY id")).all()
    assert [(identity, bool(killed)) for identity, killed in rows] == [("p1", False), ("p2", True)]


def test_a_naive_instant_is_refused(tx: Transaction) -> None:
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        tx.enrol([Device("pc-1")], NOW.replace(tzinfo=None))


def test_instants_come_back_in_utc_whatever_zone_they_were_given_in(tx: Transaction) -> None:
    from zoneinfo import ZoneInfo

    tx.enrol([Device("pc-1")], NOW.astimezone(ZoneInfo("America/Chicago")))
    state = tx.device_state("pc-1")
    assert state is not None
    assert (state.known_since, state.known_since.utcoffset()) == (NOW, timedelta(0))
