# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC that is switched on and off at random, driven by the planner: nothing is lost, nothing is done twice."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from planner_scenes import DAY, HOUR, LONDON, at, helpdesk, update
from planner_sim import SimulatedPc

RANDOM_DAYS = 10
START = at("mon 00:00")
QUIET = START + RANDOM_DAYS * DAY  # from here on the PC stays on
END = QUIET + 9 * DAY


@st.composite
def power(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    """Draw when the PC is on: up to two stretches a day."""
    stretches = []
    for day in range(RANDOM_DAYS):
        for _ in range(draw(st.integers(0, 2))):
            begin = START + day * DAY + draw(st.integers(0, 95)) * timedelta(minutes=15)
            stretches.append((begin, begin + draw(st.integers(1, 60)) * timedelta(minutes=15)))
    return stretches


def run_pc(stretches: list[tuple[datetime, datetime]], failing: dict[str, int], releases: list[int]) -> SimulatedPc:
    catalogue = [(START + hours * HOUR, update(f"u{number}")) for number, hours in enumerate(releases)]

    def is_on(now: datetime) -> bool:
        return now >= QUIET or any(begin <= now < end for begin, end in stretches)

    pc = SimulatedPc(helpdesk(), START, catalogue, failing, is_on)
    pc.run(START, END)
    return pc


def in_window(moment: datetime) -> bool:
    """Tell whether a desktop's window is open, without the calendar: Monday, Wednesday, Friday, 16:00 to 20:00."""
    local = moment.astimezone(LONDON)
    return local.weekday() in (0, 2, 4) and time(16) <= local.time() < time(20)


def windows_missed(pc: SimulatedPc, moment: datetime) -> list[datetime]:
    """Return the openings that had closed by ``moment`` and for which the PC had not been served."""
    served = max((opens for when, opens in pc.history.serves if when < moment), default=pc.state.known_since)
    days = (START + number * DAY + 16 * HOUR for number in range(RANDOM_DAYS + 9))
    return [one for one in days if in_window(one) and one > served and one + 4 * HOUR <= moment]


def started_lawfully(pc: SimulatedPc, moment: datetime) -> bool:
    """Rule 2, or rule 4: a missed window, and a scan of the same local day that ended an hour before."""
    if in_window(moment):
        return True
    today = moment.astimezone(LONDON).date()
    scanned = [one for one in pc.history.scans if one.astimezone(LONDON).date() == today and one + HOUR <= moment]
    return bool(scanned) and bool(windows_missed(pc, moment))


EXAMPLES = settings(max_examples=12, deadline=None)
CASES = {
    "stretches": power(),
    "failing": st.dictionaries(st.sampled_from(["u0", "u1", "u2", "u3"]), st.integers(1, 3)),
    "releases": st.lists(st.integers(0, RANDOM_DAYS * 24), min_size=1, max_size=4),
}


@EXAMPLES
@given(**CASES)
def test_no_update_is_lost_and_none_is_installed_twice(stretches, failing, releases):
    """Rules 4 and 6: what a PC needs reaches it once it is on, unless it failed twice."""
    pc = run_pc(stretches, failing, releases)
    wanted = {f"u{number}" for number in range(len(releases))}
    parked = {name for name, times in failing.items() if name in wanted and times >= 2}
    assert sorted(pc.history.installed) == sorted(wanted - parked)
    assert sorted(pc.history.tickets) == sorted(parked), "one ticket for each patch that failed twice"


@EXAMPLES
@given(**CASES)
def test_every_installation_starts_in_a_window_or_as_a_lawful_catch_up(stretches, failing, releases):
    """Rules 2 and 4."""
    pc = run_pc(stretches, failing, releases)
    assert [one for one in pc.history.starts if not started_lawfully(pc, one[0])] == []


@EXAMPLES
@given(**CASES)
def test_no_window_is_served_twice_and_the_last_ones_are_all_served(stretches, failing, releases):
    """Several missed windows collapse into one, and a served one never comes back."""
    pc = run_pc(stretches, failing, releases)
    openings = [opens for _, opens in pc.history.serves]
    assert openings == sorted(set(openings))
    assert all(in_window(opens) for opens in openings)
    assert windows_missed(pc, END) == []


@EXAMPLES
@given(**CASES)
def test_no_restart_happens_but_for_a_pc_that_is_kept_on(stretches, failing, releases):
    """Rule 5: no automatic restart; one that is kept on is restarted at least weekly, between 03:00 and 05:00."""
    pc = run_pc(stretches, failing, releases)
    for restart in pc.history.restarts:
        assert time(3) <= restart.astimezone(LONDON).time() < time(5)
    starts, longest = pc.history.power_ons, timedelta(days=7)
    assert len(pc.history.restarts) >= 1, "the PC was on for more than a week at the end"
    assert max(began for began in starts if began <= END) >= END - longest
    for restart in pc.history.restarts:
        assert restart - max(began for began in starts if began < restart) > longest - DAY, "no sooner than needed"
