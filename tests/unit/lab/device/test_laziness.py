# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC lives only when looked at; how often it is looked at must change nothing."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.device.power import Switching
from lab.truth import Happening

from .benches import bench

_END = 3 * 86400

ACTS = st.lists(
    st.tuples(st.integers(0, _END), st.sampled_from(["install", "restart", "cancel", "remind", "acknowledge"])),
    max_size=8,
)
SWITCHES = st.lists(st.tuples(st.integers(1, _END), st.booleans()), max_size=6, unique_by=lambda s: s[0])
LOOKS = st.lists(st.integers(0, _END), max_size=40)


def _live(acts: list[tuple[int, str]], switches: list[tuple[int, bool]], looks: list[int]) -> list[Happening]:
    lab = bench(users=[{"name": "anna"}])
    known = list(lab.missing().values())
    begin = lab.clock.now()
    lab.pc.plan = type(lab.pc.plan)([Switching(begin + timedelta(seconds=s), on) for s, on in switches])
    moments = sorted([(s, 0, name) for s, name in acts] + [(s, 1, "look") for s in looks])
    for seconds, _, name in moments:
        lab.clock.advance_to(begin + timedelta(seconds=seconds))
        if name == "look" or not lab.pc.answering():
            lab.pc.settle()
        elif name == "install":
            lab.install(*known, job=f"job-{seconds}")
        elif name == "acknowledge":
            lab.call("nightshift.fleet.win_patch_scan", search="never", acknowledge=[j.id for j in lab.pc.jobs])
        else:
            state = {"restart": "scheduled", "cancel": "cancelled", "remind": "reminded"}[name]
            lab.call("nightshift.fleet.win_patch_restart", state=state, only_if_pending=seconds % 2 == 0, countdown=900)
    lab.clock.advance_to(begin + timedelta(seconds=_END))
    lab.pc.settle()
    assert not lab.truth.installed_twice()
    return list(lab.truth.happenings())


@settings(max_examples=60, deadline=None)
@given(ACTS, SWITCHES, LOOKS)
def test_looking_more_often_changes_nothing_that_happens(
    acts: list[tuple[int, str]], switches: list[tuple[int, bool]], looks: list[int]
) -> None:
    acts = list({seconds: (seconds, name) for seconds, name in acts}.values())
    assert _live(acts, switches, []) == _live(acts, switches, looks)
