# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people find in their ticket system, whichever it is."""

from __future__ import annotations

from html import unescape

from tests.services.ticket_scenes import DEVICES, Scene
from tests.services.ticket_worlds import CLOSED, OPEN, World


def test_a_ticket_has_the_whole_evidence_and_is_made_once(scene: Scene, world: World) -> None:
    scene.fails("pc-001")
    variable = world.variable(world.port)
    for _run in range(3):
        done = scene.deliver(variable)
        assert [one.fault for one in done.destinations] == [""]
        scene.later(60)
    (seen,) = world.tickets()
    assert seen.subject.startswith("pc-001: KB5068861: failed twice [ns-")
    assert (seen.state, seen.notes) == (OPEN, ())
    text = unescape(seen.text)
    for said in (
        "Device: pc-001 (Physics, R 2.17)",
        "Update: 2026-11 Cumulative Update (KB5068861)",
        "0x80240022 WU_E_ALL_UPDATES_FAILED: Operation failed for all the updates.",
        "12.3 GB",
        "source: server Windows Update",
    ):
        assert said in text, text


def test_new_evidence_is_added_to_the_ticket_that_exists(scene: Scene, world: World) -> None:
    variable = world.variable(world.port)
    scene.fails("pc-001")
    scene.deliver(variable)
    scene.later(60)
    scene.fails("pc-001", 0x80070643)
    scene.deliver(variable)
    scene.deliver(variable)
    (seen,) = world.tickets()
    assert len(seen.notes) == 1
    assert "0x80070643" in seen.notes[0]


def test_a_ticket_is_closed_with_the_reason_when_its_trouble_is_gone(scene: Scene, world: World) -> None:
    variable = world.variable(world.port)
    ticket = scene.fails("pc-001")
    scene.deliver(variable)
    scene.later(60)
    scene.closes(ticket)
    scene.deliver(variable)
    scene.deliver(variable)
    (seen,) = world.tickets()
    assert (seen.state, len(seen.notes)) == (CLOSED, 1)
    assert "a later search no longer finds it missing" in seen.notes[0]


def test_a_trouble_that_is_gone_before_anybody_heard_of_it_makes_no_ticket(scene: Scene, world: World) -> None:
    ticket = scene.fails("pc-001")
    scene.closes(ticket)
    scene.deliver(world.variable(world.port))
    assert world.tickets() == []


def test_an_update_that_fails_on_more_devices_than_allowed_has_one_ticket(scene: Scene, world: World) -> None:
    variable = {**world.variable(world.port), "group_above": 3}
    for name in DEVICES[:4]:
        scene.fails(name)
    scene.deliver(variable)
    (seen,) = world.tickets()
    assert seen.subject.startswith("KB5068861: fails on many devices [ns-")
    assert all(f"Device: {name} " in seen.text for name in DEVICES[:4])
    assert "4 x 0x80240022 WU_E_ALL_UPDATES_FAILED" in unescape(seen.text)


def test_the_tickets_of_devices_merge_into_the_updates_own_when_one_too_many_fails(scene: Scene, world: World) -> None:
    variable = {**world.variable(world.port), "group_above": 3}
    tickets = [scene.fails(name) for name in DEVICES[:3]]
    scene.deliver(variable)
    assert [seen.state for seen in world.tickets()] == [OPEN] * 3
    scene.later(60)
    tickets.append(scene.fails(DEVICES[3]))
    scene.deliver(variable)
    seen = world.tickets()
    assert sorted(one.state for one in seen) == [CLOSED] * 3 + [OPEN]
    (group,) = [one for one in seen if one.state == OPEN]
    assert "fails on many devices" in group.subject
    assert all("Merged into one ticket" in one.notes[-1] for one in seen if one.state == CLOSED)
    assert len(scene.open_tickets()) == 4  # closing the merged ones was ours: no update is tried again for that

    scene.later(60)
    tickets.append(scene.fails(DEVICES[4]))  # one more joins, one is cured: the same ticket says so
    scene.closes(tickets[0])
    scene.deliver(variable)
    (group,) = [one for one in world.tickets() if one.state == OPEN]
    assert len(group.notes) == 1
    assert f"Device: {DEVICES[4]} " in group.notes[0]
    assert f"Over: {DEVICES[0]}: a later search no longer finds it missing" in group.notes[0]

    for ticket in tickets[1:]:
        scene.closes(ticket)
    scene.later(60)
    scene.deliver(variable)
    assert {one.state for one in world.tickets()} == {CLOSED}


def test_a_ticket_closed_by_a_person_lets_the_update_be_tried_again(scene: Scene, readable: World) -> None:
    variable = readable.variable(readable.port)
    scene.fails("pc-001")
    scene.fails("pc-002")
    scene.deliver(variable)
    first = next(seen for seen in readable.tickets() if seen.subject.startswith("pc-001"))
    readable.close(first.number)
    scene.later(60)
    assert scene.deliver(variable).closed == 1
    assert scene.open_tickets() == ["pc-002"]
    with scene.ledger.read() as reader:
        assert [entry.event for entry in reader.audit_trail("pc-001")] == ["ticket_closed"]
        state = reader.device_state("pc-001")
    assert state is not None
    assert state.updates["kb-1"].ticket_closed_at == scene.now
    scene.deliver(variable)
    assert next(seen for seen in readable.tickets() if seen.number == first.number).notes == ()

    scene.later(60)
    scene.fails("pc-001")  # it failed again: that is another ticket
    scene.deliver(variable)
    assert sorted(seen.state for seen in readable.tickets()) == [CLOSED, OPEN, OPEN]


def test_the_updates_ticket_closed_by_a_person_lets_all_its_devices_try_again(scene: Scene, readable: World) -> None:
    variable = {**readable.variable(readable.port), "group_above": 2}
    for name in DEVICES[:3]:
        scene.fails(name)
    scene.deliver(variable)
    (group,) = readable.tickets()
    readable.close(group.number)
    scene.deliver(variable)
    assert scene.open_tickets() == []
