# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies, device states and instants at random, within what can occur, the odd and the contradictory included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Device,
    DeviceState,
    ErrorClass,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
    Observation,
    Outcome,
    ScanTrust,
    Severity,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import (
    Policy,
    RestartAfterInstall,
    RetryPolicy,
    WithUsers,
)
from hypothesis import strategies as st
from planner_scenes import DAY, GIB, HOUR, at, attempt, campus, helpdesk, helpdesk_laptops, msp, scan, seen, update

NAMES = ("u1", "u2", "u3", "u4")


@dataclass(frozen=True)
class Scene:
    """The arguments of one plan."""

    device: Device
    policy: Policy
    state: DeviceState
    now: datetime


def instants(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    """Return instants in whole minutes, the full hour now and then."""
    minutes = int((last - first).total_seconds() // 60)
    exact = st.integers(0, minutes).map(lambda n: first + timedelta(minutes=n))
    hours = st.integers(0, minutes // 60).map(lambda n: first + n * HOUR)
    return exact | hours


FIRST, LAST = at("mon 00:00", weeks=-1), at("mon 00:00", weeks=1)
past = instants(FIRST, LAST)

policies = st.builds(
    lambda base, install, restart, retry, declined: replace(
        base,
        install=replace(base.install, **install),
        restart=replace(base.restart, **restart),
        retry=retry,
        declined=declined,
    ),
    st.sampled_from([helpdesk(), helpdesk_laptops(), campus(), msp(), msp("daily")]),
    st.fixed_dictionaries(
        {},
        optional={
            "fit": st.booleans(),
            "catch_up": st.booleans(),
            "on_battery": st.booleans(),
            "catch_up_delay": st.sampled_from([timedelta(0), HOUR, 5 * HOUR]),
            "scan_max_age": st.sampled_from([HOUR, DAY]),
        },
    ),
    st.fixed_dictionaries(
        {}, optional={"users": st.sampled_from(WithUsers), "after_install": st.sampled_from(RestartAfterInstall)}
    ),
    st.builds(RetryPolicy, st.integers(1, 3), st.sampled_from([timedelta(0), HOUR]), st.integers(1, 3)),
    st.frozensets(st.sampled_from(["u1", "KBu2"]), max_size=1),
)

_updates = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                update,
                st.just(name),
                st.none() | st.sampled_from(Severity),
                categories=st.sampled_from([(), ("Security Updates",), ("Drivers",)]),
                supersedes=st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
                can_request_user_input=st.sampled_from([False, False, False, True]),
            )
            for name in names
        )
    )
)


@st.composite
def _memory(draw: st.DrawFn, name: str) -> UpdateState:
    times = sorted(draw(st.lists(past, max_size=4)))
    errors = st.none() | st.sampled_from(ErrorClass)
    tries = tuple(attempt(name, when, draw(st.sampled_from(Outcome)), error_class=draw(errors)) for when in times)
    ticketed = draw(st.none() | past)
    closed = draw(st.none() | past) if ticketed else None
    is_open = ticketed is not None and (closed is None or closed < ticketed) and draw(st.booleans())
    return UpdateState(tries, is_open, ticketed, closed)


_jobs = st.lists(
    st.builds(
        Job,
        st.just("j1"),
        st.sampled_from(JobKind),
        st.sampled_from(JobState),
        st.lists(st.sampled_from(NAMES), max_size=2).map(tuple),
        st.none() | past,
    ),
    max_size=2,
).map(tuple)

_observations = st.none() | st.builds(
    Observation,
    past,
    boot_time=st.none() | past,
    pending_restart=st.sampled_from([(), ("wua",), ("wua", "cbs")]),
    users=st.sampled_from([(), (LoggedOnUser("ada"),), (LoggedOnUser("bob", active=False),)]),
    on_battery=st.sampled_from([None, False, False, True]),
    free_bytes=st.sampled_from([None, 100 * GIB, GIB]),
    restart_scheduled_at=st.none() | st.none() | past,
    foreign_restart=st.sampled_from([False, False, False, True]),
)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw everything that one plan takes."""
    missing = draw(_updates)
    memory = {name: draw(_memory(name)) for name in draw(st.sets(st.sampled_from(NAMES), max_size=3))}
    found = draw(st.none() | past)
    state = DeviceState(
        known_since=draw(past),
        served_until=draw(st.none() | past),
        scan=scan(found, draw(st.sampled_from([ScanTrust.TRUSTED, *ScanTrust]))) if found else None,
        missing=missing,
        updates=memory,
        jobs=draw(st.just(()) | _jobs),
        observation=draw(_observations),
        last_reminded=draw(st.none() | past),
        last_restart_asked=draw(st.none() | past),
        failed_scans=draw(st.integers(0, 2)),
        scan_ticket_open=draw(st.booleans()),
        failed_scan_at=draw(st.none() | past),
        awaiting_restart=draw(st.sampled_from([(), (update("done", Severity.CRITICAL),)])),
    )
    device = Device("pc-001", always_on=draw(st.booleans()))
    return Scene(device, draw(policies), state, draw(past))


@st.composite
def lively_scenes(draw: st.DrawFn) -> Scene:
    """Draw a scene in which something is likely to be done: a fresh scan, no job, nothing in the way."""
    scene = draw(scenes())
    found = scene.now - draw(st.integers(0, 90)) * timedelta(minutes=5)
    seen_now = seen(
        scene.now,
        boot_time=found - draw(st.integers(1, 10)) * DAY,
        pending_restart=draw(st.sampled_from([(), ("wua",)])),
        users=draw(st.sampled_from([(), (), (LoggedOnUser("ada"),)])),
    )
    rated = tuple(draw(st.sampled_from([one, replace(one, severity=Severity.CRITICAL)])) for one in scene.state.missing)
    state = replace(
        scene.state,
        known_since=FIRST - 14 * DAY,
        served_until=draw(st.none() | instants(FIRST - 7 * DAY, FIRST)),
        scan=scan(found),
        missing=(*rated, update("u5")),
        updates={name: _before(found, one) for name, one in scene.state.updates.items()},
        jobs=(),
        observation=seen_now,
        failed_scan_at=None,
    )
    return replace(scene, state=state)


def _before(moment: datetime, memory: UpdateState) -> UpdateState:
    """Return ``memory`` without the attempts after ``moment``."""
    return replace(memory, attempts=tuple(one for one in memory.attempts if one.at <= moment))


@st.composite
def restart_scenes(draw: st.DrawFn) -> Scene:
    """Draw a device that was scanned an hour ago and lacks nothing, at night; a restart is likely."""
    scene = draw(lively_scenes())
    now = FIRST + draw(st.integers(0, 13)) * DAY + draw(st.integers(0, 95)) * timedelta(minutes=5)
    boot = now - draw(st.integers(1, 10)) * DAY
    observation = replace(scene.state.observation, at=now, boot_time=boot)
    state = replace(
        scene.state, scan=scan(now - HOUR), missing=(), updates={}, observation=observation, last_restart_asked=None
    )
    return replace(scene, now=now, state=state)
