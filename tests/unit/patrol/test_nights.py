# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A provider's night on a simulated PC: install and restart in the window, until nothing more is pending (msp 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.acting import allowed
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.experience import Experience

from lab.truth import Happening, What
from tests.e2e.fleets import catalogue, pc
from tests.tiers import some
from tests.unit.patrol.rig import Rig

CHICAGO = ZoneInfo("America/Chicago")
OPENS = datetime(2026, 11, 24, 1, 0, tzinfo=CHICAGO)
CLOSES = OPENS + timedelta(hours=4)
WINDOWS = [{"days": "daily", "start": "01:00", "end": "05:00"}]
POLICY: dict[str, Any] = {
    "zone": "America/Chicago",
    "install": {"windows": WINDOWS, "default_minutes": 30},
    "restart": {"after_install": "always", "windows": WINDOWS, "users": "proceed"},
}
STACK: dict[str, Any] = {
    "kb": "KB9000001",
    "title": "2026-11 Servicing Stack Update (KB9000001)",
    "severity": "Critical",
    "needs_restart": True,
}
CUMULATIVE: dict[str, Any] = {
    "kb": "KB9000002",
    "title": "2026-11 Cumulative Update (KB9000002)",
    "severity": "Important",
    "needs_restart": True,
    "requires": ["KB9000001"],
}
LAST: dict[str, Any] = {
    **CUMULATIVE,
    "kb": "KB9000003",
    "title": "2026-11 Update (KB9000003)",
    "requires": ["KB9000002"],
}
TOUCHING = (What.INSTALL_STARTED, What.RESTART_SCHEDULED, What.RESTARTED)


def a_night(folder: Path, *updates: dict[str, Any], start: datetime, policy: Mapping[str, Any] = POLICY) -> Rig:
    return Rig(folder, pc(), catalogue(*updates), start=start.isoformat(), policy=policy)


def patrol(rig: Rig, until: datetime, every: int = 2) -> None:
    """Come by ``every`` so many minutes."""
    may = allowed(["start", "restart", "remind"])
    while rig.clock.now() < until:
        if rig.pc.answering():
            ask(rig.session, rig.member, rig.call, may)
        rig.wait(every)


def story(rig: Rig) -> list[str]:
    """Tell in short what was done to the PC, in order."""
    names = {What.INSTALL_STARTED: "install ", What.RESTARTED: "restart"}
    return [names[one.what] + one.kb for one in touched(rig) if one.what in names]


def touched(rig: Rig) -> list[Happening]:
    return sorted((one for what in TOUCHING for one in rig.truth.happenings(None, what)), key=lambda one: one.at)


@pytest.mark.policy("msp 3a")
def test_msp_a_pc_installs_and_restarts_until_it_is_clean(tmp_path: Path) -> None:
    """Each update is offered only when the one before it has taken effect."""
    rig = a_night(tmp_path, STACK, CUMULATIVE, LAST, start=OPENS - timedelta(minutes=10))
    patrol(rig, CLOSES + timedelta(hours=1), every=5)
    assert story(rig) == [
        "install KB9000001",
        "restart",
        "install KB9000002",
        "restart",
        "install KB9000003",
        "restart",
    ]
    assert all(OPENS <= one.at < CLOSES for one in touched(rig))
    assert rig.ask().status == "settled"
    searches = list(rig.truth.happenings(None, What.SEARCH_STARTED))
    assert len(searches) == 4, "one at first, and one after each start"


@pytest.mark.policy("msp 3b", "msp 3c")
def test_msp_what_does_not_fit_any_more_goes_on_in_the_next_night(tmp_path: Path) -> None:
    rig = a_night(tmp_path, STACK, CUMULATIVE, LAST, start=CLOSES - timedelta(minutes=50))
    patrol(rig, CLOSES + timedelta(minutes=30))
    assert story(rig) == ["install KB9000001", "restart"]
    patrol(rig, OPENS + timedelta(hours=23), every=60)
    patrol(rig, CLOSES + timedelta(hours=24), every=10)
    assert story(rig)[2:] == ["install KB9000002", "restart", "install KB9000003", "restart"]
    nights = [(OPENS, CLOSES), (OPENS + timedelta(days=1), CLOSES + timedelta(days=1))]
    assert all(any(opens <= one.at < closes for opens, closes in nights) for one in touched(rig))


@pytest.mark.parametrize("minutes", some([25, 32, 41, 44, 53, 70], 0, 3, -1))
@pytest.mark.policy("msp 3c")
@pytest.mark.slow_on_postgresql
def test_msp_whenever_a_pc_comes_on_nothing_starts_or_restarts_after_the_window(tmp_path: Path, minutes: int) -> None:
    rig = a_night(tmp_path, STACK, CUMULATIVE, start=CLOSES - timedelta(minutes=minutes))
    patrol(rig, CLOSES + timedelta(minutes=30))
    assert all(one.at < CLOSES for one in touched(rig))
    ended = [one.at for one in rig.truth.happenings(None, What.INSTALL_FINISHED)]
    assert all(one < CLOSES for one in ended)


@pytest.mark.slow_on_postgresql
def test_an_update_that_undoes_itself_ends_as_a_ticket_and_not_as_a_night_of_restarts(tmp_path: Path) -> None:
    rig = a_night(tmp_path, STACK, start=OPENS)
    service = rig.pc.service

    def patrol_and_undo(until: datetime) -> None:
        while rig.clock.now() < until:
            patrol(rig, rig.clock.now() + timedelta(minutes=2))
            if not service.waiting:
                service.added.clear()

    patrol_and_undo(CLOSES)
    assert story(rig).count("install KB9000001") == 2
    assert story(rig).count("restart") == 2
    with rig.ledger.read() as tx:
        assert [ticket.update_id is not None for ticket in tx.open_tickets()] == [True]


@pytest.mark.slow_on_postgresql
def test_a_restart_that_never_helps_is_tried_twice_and_then_left_to_a_person(tmp_path: Path) -> None:
    rig = a_night(tmp_path, STACK, start=OPENS)
    while rig.clock.now() < OPENS + timedelta(hours=2):
        patrol(rig, rig.clock.now() + timedelta(minutes=2))
        if list(rig.truth.happenings(None, What.INSTALL_FINISHED)):
            rig.pc.pending.cbs = True  # whatever it does, servicing wants another restart
    assert story(rig).count("restart") == 2, "one for the update, and one more"
    with rig.ledger.read() as tx:
        state = tx.device_state("pc-001")
    assert state is not None
    assert state.observation is not None
    assert state.observation.vain_restarts == 2
    assert state.restart_ticket_open
    with rig.ledger.read() as tx:
        (ticket,) = tx.open_tickets()
    assert ticket.subject == (
        "pc-001: restart: a restart is pending (cbs) after 2 restarts that changed nothing: it is not restarted again"
    )
    rig.pc.pending.cbs = False
    patrol(rig, CLOSES)
    with rig.ledger.read() as tx:
        assert tx.open_tickets() == ()


def test_the_device_is_told_what_its_updates_were_learned_to_need(tmp_path: Path) -> None:
    rig = a_night(tmp_path, STACK, start=OPENS)
    patrol(rig, OPENS + timedelta(minutes=4))
    with rig.ledger.read() as tx:
        state = tx.device_state("pc-001")
    assert state is not None
    rig2 = a_night(tmp_path / "again", STACK, start=OPENS)
    taught = Experience(overall={one.id: timedelta(minutes=47, seconds=20) for one in state.missing})
    rig2.session = replace(rig2.session, decided=replace(rig2.session.decided, experience=taught))
    patrol(rig2, OPENS + timedelta(minutes=10))
    told = [arguments["expected_minutes"] for module, arguments in rig2.calls if module == "win_patch_apply"]
    assert told == [58], "47 minutes 20 seconds and ten for the restart"


@pytest.mark.slow_on_postgresql
def test_people_are_told_how_long_they_may_put_a_restart_off_and_then_it_happens(tmp_path: Path) -> None:
    """Defer, bounded by deadline and grace: people put it off until it is over, then it goes ahead with a warning."""
    restart = {
        **POLICY["restart"],
        "users": "defer",
        "deadline": "3d",
        "grace": "1d",
        "message": "Restart.",
        "deadline_message": "Until {deadline}; put off {postponed}.",
    }
    policy = {**POLICY, "restart": restart}
    rig = Rig(tmp_path, pc(users=[{"name": "ada"}]), catalogue(STACK), start=OPENS.isoformat(), policy=policy)
    patrol(rig, OPENS + timedelta(minutes=40))
    with rig.ledger.read() as tx:
        rig.session = replace(rig.session, decided=replace(rig.session.decided, experience=tx.experience()))
    patrol(rig, OPENS + timedelta(days=3, hours=-1), every=60)
    patrol(rig, OPENS + timedelta(days=3, hours=3), every=20)
    asked = [arguments for module, arguments in rig.calls if module == "win_patch_restart"]
    assert [one["message"] for one in asked] == ["Restart. Until Fri 2026-11-27 01:02; put off 4."], (
        "the last time a minute before"
    )
    assert asked[0]["countdown"] == 900
    (restarted,) = rig.truth.happenings(None, What.RESTARTED)
    due = datetime(2026, 11, 27, 1, 2, tzinfo=CHICAGO)
    assert due <= restarted.at < due + timedelta(minutes=40), "the next look, and the countdown"
