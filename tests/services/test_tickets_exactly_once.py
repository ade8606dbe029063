# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers that are down, slow, answer 500 or die between accepting and answering, and senders that are killed.

Whatever happens on the way: one ticket for each trouble, one note for each news, closed when the trouble is gone.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Holder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.delivering import LEASE, lease_name

from tests.services import deliverer, forked
from tests.services.faulty_proxy import Fault, FaultyProxy, faulty_proxy
from tests.services.ticket_scenes import DEVICES, MINUTE, Scene, new_scene
from tests.services.ticket_worlds import CLOSED, OPEN, MailWorld, RequestTrackerWorld, World, key_of, world_of

OF_NETWORK = [fault for fault in Fault if not fault.name.startswith("KILL") and fault is not Fault.LATE]
OF_MAIL = [Fault.CUT_BEFORE, Fault.CUT_MIDDLE, Fault.CUT_AFTER, Fault.SLOW]
SECONDS = 1  # timeout of a request


@pytest.fixture
def proxied(world: World) -> Iterator[tuple[World, FaultyProxy]]:
    """A ticket system behind a network that breaks."""
    with faulty_proxy(world.port, patience=SECONDS + 0.5) as proxy:
        yield world, proxy


def variable_of(world: World, proxy: FaultyProxy) -> dict[str, object]:
    seconds = 5 if isinstance(world, RequestTrackerWorld) else SECONDS
    slow = any(fault in (Fault.SLOW, Fault.LATE) for fault in proxy.faults if fault)
    return {**world.variable(proxy.port), "timeout": SECONDS if slow else seconds}


def test_a_trouble_from_its_beginning_to_its_end_through_every_fault_of_the_network(
    scene: Scene, proxied: tuple[World, FaultyProxy]
) -> None:
    """Each fault hits the making of a ticket, a comment and the closing, every time in a run of its own."""
    world, proxy = proxied
    lives = [(fault, fault, fault) for fault in (OF_MAIL if isinstance(world, MailWorld) else OF_NETWORK)]
    if isinstance(world, RequestTrackerWorld):  # it takes its time
        lives = [(Fault.CUT_AFTER, Fault.ERROR_AFTER, Fault.CUT_MIDDLE)]
    for number, (making, adding, ending) in enumerate(lives):
        device = DEVICES[number]

        def run(fault: Fault) -> None:
            proxy.faults = [fault]
            done = scene.deliver(variable_of(world, proxy))
            assert proxy.faults == []
            assert done.destinations[0].fault
            assert done.destinations[0].waiting == 1
            scene.later(5)
            done = scene.deliver(variable_of(world, proxy))
            assert (done.destinations[0].fault, done.destinations[0].waiting) == ("", 0)
            scene.later(5)

        def found(device: str = device) -> list[tuple[str, int]]:
            return [(seen.state, len(seen.notes)) for seen in world.tickets() if seen.subject.startswith(device)]

        ticket = scene.fails(device)
        run(making)
        assert found() == [(OPEN, 0)], making
        scene.fails(device, 0x80070643)
        run(adding)
        assert found() == [(OPEN, 1)], adding
        scene.closes(ticket)
        run(ending)
        assert found() == [(CLOSED, 2)], ending
    assert len(world.tickets()) == len(lives)


def test_a_late_twin_of_a_request_that_was_given_up_is_closed_and_named(scene: Scene, servicenow: World) -> None:
    """The server gets to work after we asked it, in vain, whether it has the ticket."""
    with faulty_proxy(servicenow.port, patience=2.5) as proxy:
        variable = {**servicenow.variable(proxy.port), "timeout": 1}
        scene.fails("pc-001")
        proxy.faults = [Fault.LATE]
        scene.deliver(variable)
        scene.later(5)
        scene.deliver(variable)
        assert [seen.state for seen in servicenow.tickets()] == [OPEN]
        assert proxy.idle.wait(10)
        assert [seen.state for seen in servicenow.tickets()] == [OPEN, OPEN]
        scene.later(5)
        scene.deliver(variable)
        scene.deliver(variable)
    ours, twin = servicenow.tickets()
    assert (ours.state, twin.state) == (OPEN, CLOSED)
    assert len(twin.notes) == 1
    assert "exists already" in twin.notes[0]
    assert scene.open_tickets() == ["pc-001"]


def test_while_nobody_knows_whether_a_ticket_was_made_no_second_one_is_tried_at_once(
    scene: Scene, servicenow: World
) -> None:
    with faulty_proxy(servicenow.port) as proxy:
        variable = {**servicenow.variable(proxy.port), "timeout": 2}
        scene.fails("pc-001")
        proxy.faults = [Fault.CUT_BEFORE]
        scene.deliver(variable)
        for at_once in (False, True):
            done = scene.deliver(variable, at_once=at_once)
            assert (done.destinations[0].sent, done.destinations[0].waiting) == (0, 1)
        scene.later(2)
        assert scene.deliver(variable).destinations[0].sent == 1
    assert len(servicenow.tickets()) == 1


def test_a_server_that_is_down_loses_nothing_and_is_tried_ever_more_rarely(scene: Scene, servicenow: World) -> None:
    down = {**servicenow.variable(1), "timeout": 2}  # nobody listens on port 1
    for name in DEVICES[:3]:
        scene.fails(name)
    waits = []
    for _run in range(5):
        done = scene.deliver(down)
        assert "Connection refused" in done.destinations[0].fault
        assert done.destinations[0].waiting == 3
        with scene.ledger.read() as reader:
            _case, message = reader.delivery.on_the_way()[0]
        assert message.next_try_at is not None
        waits.append(int((message.next_try_at - scene.now) / MINUTE))
        scene.now = message.next_try_at
        with scene.ledger.read() as reader:  # one try tells that it is down: the others were spared
            assert [one.tries for _case, one in reader.delivery.on_the_way()][1:] == [0, 0]
    assert waits == [1, 2, 4, 8, 16]
    assert scene.deliver(servicenow.variable(servicenow.port)).destinations[0].sent == 3
    assert len(servicenow.tickets()) == 3


def test_a_letter_that_the_server_refuses_does_not_hold_up_the_others(scene: Scene, mail: MailWorld) -> None:
    for name in DEVICES[:3]:
        scene.fails(name)
    mail.mailbox.refusals = ["554 this one looks odd"]
    done = scene.deliver(mail.variable(mail.port))
    assert (done.destinations[0].sent, done.destinations[0].waiting) == (2, 1)
    assert "554 this one looks odd" in done.destinations[0].fault
    scene.later(5)
    assert scene.deliver(mail.variable(mail.port)).destinations[0].sent == 1
    assert len(mail.tickets()) == 3


def test_a_mail_that_is_sent_again_is_the_same_mail_byte_by_byte(scene: Scene, mail: MailWorld) -> None:
    with faulty_proxy(mail.port) as proxy:
        scene.fails("pc-001")
        proxy.faults = [Fault.CUT_AFTER]
        scene.deliver({**mail.variable(proxy.port), "timeout": 2})
        scene.later(60)
        scene.deliver({**mail.variable(proxy.port), "timeout": 2})
    first, second = mail.mailbox.raw
    assert first == second
    (one,) = mail.mailbox.mails
    assert one["Message-ID"].startswith("<ns-")
    (attached,) = one.iter_attachments()
    found = json.loads(attached.get_content())["troubles"][0]
    assert found["attempts"][0]["code"] == "0x80240022"
    assert found["scan"]["source"] == {"server": "Windows Update"}


def kill_while_delivering(scene: Scene, variable: dict[str, object], die_at: int = 0) -> BaseProcess:
    order = {
        "ledger": scene.url,
        "variable": variable,
        "devices": DEVICES,
        "patrol": f"mortal-{die_at}",
        "now": scene.now.isoformat(),
        "die_at": die_at,
    }
    process = forked.SERVER.Process(target=deliverer.main, args=(order,))
    process.start()
    return process


def test_a_sender_killed_at_any_step_of_the_ledger_leaves_one_ticket(folder: Path) -> None:
    """Every transaction of a delivery, before its commit and after it, until a sender survives them all."""
    with world_of("servicenow") as world:
        survived = False
        for step in range(1, 40):
            place = folder / str(step)
            place.mkdir()
            scene = new_scene(place)
            device = DEVICES[step % len(DEVICES)]
            ticket = scene.fails(device)
            before = len(world.tickets())
            process = kill_while_delivering(scene, world.variable(world.port), step)
            process.join(60)
            survived = process.exitcode == 0
            scene.later(5)
            scene.deliver(world.variable(world.port))
            mine = world.tickets()[before:]
            assert [(seen.state, seen.notes) for seen in mine] == [(OPEN, ())], f"killed at step {step}"
            scene.closes(ticket)
            scene.deliver(world.variable(world.port))
            assert [(seen.state, len(seen.notes)) for seen in world.tickets()[before:]] == [(CLOSED, 1)]
            if survived:
                break
        assert survived
        assert step > 8


def test_a_sender_killed_before_its_request_arrived_leaves_one_ticket(scene: Scene, servicenow: World) -> None:
    """What never reached the server is the same to every server."""
    kill_in_each_request(scene, servicenow, Fault.KILL_BEFORE)


def test_a_sender_killed_before_the_answer_came_leaves_one_ticket(scene: Scene, world: World) -> None:
    kill_in_each_request(scene, world, Fault.KILL_AFTER)


def kill_in_each_request(scene: Scene, world: World, fault: Fault) -> None:
    """Kill the making of a ticket, a comment and the closing, each in its request, and assert one of each."""
    with faulty_proxy(world.port) as proxy:
        variable = {**world.variable(proxy.port), "timeout": 20}
        ticket = scene.fails("pc-001")
        for expected in [(OPEN, 0), (OPEN, 1), (CLOSED, 2)]:
            proxy.faults = [fault]
            process = kill_while_delivering(scene, variable)
            proxy.victim = process.pid
            process.join(60)
            assert process.exitcode == -signal.SIGKILL
            assert proxy.met[-1] is fault
            scene.later(5)
            done = scene.deliver(variable)
            assert (done.destinations[0].fault, done.destinations[0].busy) == ("", False)
            (seen,) = world.tickets()
            assert (seen.state, len(seen.notes)) == expected
            scene.later(5)
            if expected == (OPEN, 0):
                scene.fails("pc-001", 0x80070643)
            elif expected == (OPEN, 1):
                scene.closes(ticket)


def test_of_many_deliverers_at_once_one_delivers_and_the_others_leave_it_alone(scene: Scene, servicenow: World) -> None:
    for name in DEVICES[:6]:
        scene.fails(name)
    variable = {**servicenow.variable(servicenow.port), "group_above": 100}
    processes = [kill_while_delivering(scene, variable, -1 - number) for number in range(4)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    scene.later(5)
    scene.deliver(variable)
    tickets = servicenow.tickets()
    assert len(tickets) == len({key_of(seen) for seen in tickets}) == 6
    assert all(seen.notes == () for seen in tickets)


def test_a_destination_that_another_process_holds_is_left_to_it(scene: Scene, servicenow: World) -> None:
    scene.fails("pc-001")
    other = Holder.here("another patrol", pid=os.getpid())
    with scene.ledger.begin() as tx:
        assert tx.acquire_lease(lease_name("servicenow"), other, datetime.now(UTC), LEASE)
    done = scene.deliver(servicenow.variable(servicenow.port))
    assert done.lines() == ["tickets, servicenow: another run delivers there"]
    assert servicenow.tickets() == []
    with scene.ledger.begin() as tx:
        tx.release_leases(other)
    assert scene.deliver(servicenow.variable(servicenow.port)).destinations[0].sent == 1


def test_a_server_that_drips_its_answer_does_not_hold_the_patrol(scene: Scene, dripping: int) -> None:
    scene.fails("pc-001")
    variable = {"backend": "webhook", "url": f"http://127.0.0.1:{dripping}/hook", "timeout": 1}
    began = time.monotonic()
    done = scene.deliver(variable)
    assert "too slow" in done.destinations[0].fault
    assert time.monotonic() - began < 8
