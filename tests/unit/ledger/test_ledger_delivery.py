# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger says of tickets on their way, on every database: nothing is sent here."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Ledger,
    Signal,
    Ticket,
    TicketState,
    Transaction,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.delivery_values import MessageKind, MessageState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.compose import compose
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import read_destination
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.routes import Routes
from ledger_scenes import HOUR, MINUTE, NOW, PC

HOOK = read_destination({"backend": "webhook", "url": "https://hooks.example.org", "group_above": 2}, "test")
OTHER = read_destination({"backend": "webhook", "url": "https://hooks.example.org", "name": "other"}, "test")
PCS = [PC, "pc-2", "pc-3"]
HERE = Routes(dict.fromkeys(PCS, HOOK), HOOK)


def raised(tx: Transaction, device: str | None = PC, tries: int = 2) -> Ticket:
    if device is not None:
        tx.enrol([Device(device)], NOW)
    subject = f"{device}: it failed"
    return tx.raise_ticket(device, Signal.UPDATE_FAILED, subject, "one", {"tries": tries}, NOW, about="ring broad")


def on_the_way(tx: Transaction) -> list[tuple[str, MessageKind, MessageState]]:
    return [(case.subject, one.kind, one.state) for case, one in tx.delivery.on_the_way()]


def deliver(tx: Transaction, at: datetime) -> None:
    for case, message in tx.delivery.on_the_way():
        tx.delivery.trying(message, at)
        tx.delivery.delivered(message, f"ext-{case.id}", "https://x", at)


def test_a_run_that_is_repeated_composes_nothing_new(tx: Transaction) -> None:
    raised(tx)
    raised(tx, None)
    for _run in range(3):
        compose(tx, HERE, NOW)
    assert sorted(on_the_way(tx)) == [
        ("None: it failed", MessageKind.OPEN, MessageState.WAITING),
        (f"{PC}: it failed", MessageKind.OPEN, MessageState.WAITING),
    ]


def test_news_before_anybody_heard_rewrite_the_letter_and_after_that_are_a_comment(tx: Transaction) -> None:
    ticket = raised(tx)
    compose(tx, HERE, NOW)
    raised(tx, tries=3)
    compose(tx, HERE, NOW)
    ((_case, message),) = tx.delivery.on_the_way()
    assert "Tries: 3" in message.body
    deliver(tx, NOW)
    (told,) = [one for one in tx.open_tickets() if one.id == ticket.id]
    assert told.state is TicketState.DELIVERED
    compose(tx, HERE, NOW)
    assert on_the_way(tx) == []
    raised(tx, tries=4)
    compose(tx, HERE, NOW + HOUR)
    assert on_the_way(tx) == [(f"{PC}: it failed", MessageKind.COMMENT, MessageState.WAITING)]


def test_messages_of_a_case_go_out_one_after_the_other(tx: Transaction) -> None:
    ticket = raised(tx)
    compose(tx, HERE, NOW)
    ((_case, first),) = tx.delivery.on_the_way()
    tx.delivery.trying(first, NOW)
    tx.delivery.failed(first, "broken", NOW + MINUTE, doubtful=True)
    tx.close_ticket(ticket.id, NOW, "gone")
    compose(tx, HERE, NOW)
    assert on_the_way(tx) == [(f"{PC}: it failed", MessageKind.OPEN, MessageState.UNCERTAIN)]
    deliver(tx, NOW + HOUR)
    assert on_the_way(tx) == [(f"{PC}: it failed", MessageKind.CLOSE, MessageState.WAITING)]
    assert len(tx.delivery.doubted_cases("webhook", NOW)) == 1


def test_a_case_that_certainly_was_not_made_needs_no_end(tx: Transaction) -> None:
    ticket = raised(tx)
    compose(tx, HERE, NOW)
    ((_case, first),) = tx.delivery.on_the_way()
    tx.delivery.trying(first, NOW)
    tx.delivery.failed(first, "connection refused", NOW + MINUTE, doubtful=False)
    tx.close_ticket(ticket.id, NOW, "gone")
    compose(tx, HERE, NOW)
    assert on_the_way(tx) == []


def test_an_update_that_fails_on_too_many_devices_is_one_case_and_stays_one(tx: Transaction) -> None:
    tickets = [raised(tx, name) for name in PCS]
    compose(tx, HERE, NOW)
    assert on_the_way(tx) == [("one: fails on many devices", MessageKind.OPEN, MessageState.WAITING)]
    deliver(tx, NOW)
    for ticket in tickets[:2]:
        tx.close_ticket(ticket.id, NOW, "gone")
    compose(tx, HERE, NOW + HOUR)
    assert [kind for _subject, kind, _state in on_the_way(tx)] == [MessageKind.COMMENT]
    assert len(tx.delivery.open_cases()) == 1


def test_a_device_outside_the_run_keeps_its_case_and_one_without_a_system_stays_in_the_outbox(tx: Transaction) -> None:
    raised(tx, PC)
    raised(tx, "pc-9")
    compose(tx, HERE, NOW)
    assert len(tx.delivery.open_cases()) == 1
    deliver(tx, NOW)
    compose(tx, Routes({"pc-2": HOOK}), NOW + HOUR)
    assert on_the_way(tx) == []
    assert len(tx.delivery.open_cases()) == 1


def test_open_troubles_move_to_the_system_that_is_configured_now(tx: Transaction) -> None:
    raised(tx)
    compose(tx, HERE, NOW)
    deliver(tx, NOW)
    compose(tx, Routes({PC: OTHER}), NOW + HOUR)
    assert [case.destination for case in tx.delivery.open_cases()] == ["other"]
    assert [case.destination for case, _message in tx.delivery.on_the_way()] == ["other"]


def test_what_is_composed_outlives_the_process(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        raised(tx)
        compose(tx, HERE, NOW)
        ((_case, message),) = tx.delivery.on_the_way()
        tx.delivery.trying(message, NOW)
    with ledger.read() as reader:
        ((case, found),) = reader.delivery.on_the_way("webhook")
        assert (found.state, found.state.doubtful, found.tries) == (MessageState.TRYING, True, 1)
        assert reader.delivery.case(case.id) == case
