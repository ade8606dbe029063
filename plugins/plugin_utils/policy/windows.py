# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reader of window lists: days + start + end, or rrule + duration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from ..planner.calendar import Window, occurrences
from ..planner.recurrence import ANCHOR, RecurrenceError, parse
from .problems import Gather, refuse
from .values import choices, clock, duration, meant, spoken, weekdays

_DAYS_FORM, _RULE_FORM = ("days", "start", "end"), ("rrule", "duration")
_REMEDY = "use days, start and end, or rrule and duration"
_LENGTH = duration(timedelta(minutes=1), timedelta(days=31))
_OVERLAP_SAMPLE = 200  # openings that are compared with their successors; a year and more of most rules


def windows_in(zone: ZoneInfo) -> Callable[[object], tuple[Window, ...]]:
    """Return a reader of lists of windows whose times are wall-clock times of ``zone``."""

    def read(raw: object) -> tuple[Window, ...]:
        if not isinstance(raw, (list, tuple)):
            raise refuse(raw, "is not a list of windows", "write a list, each item with days, start and end")
        gather = Gather()
        found = [gather.read(f"[{number}]", lambda item: _window(item, zone), item) for number, item in enumerate(raw)]
        gather.done()
        return tuple(window for window in found if window is not None)

    return read


def _window(raw: object, zone: ZoneInfo) -> Window:
    """Read one window."""
    if not isinstance(raw, Mapping):
        raise refuse(raw, "is not a window", _REMEDY)
    gather = Gather()
    for key in raw:
        if key not in _DAYS_FORM + _RULE_FORM:
            hint = meant(str(key), _DAYS_FORM + _RULE_FORM)
            gather.missing(f".{key}", "is not a key of a window", f"{hint}{_REMEDY}")
    by_rule = "rrule" in raw
    if by_rule and any(key in raw for key in _DAYS_FORM):
        extra = choices(key for key in _DAYS_FORM if key in raw).replace(" or ", " and ")
        gather.missing("", f"has rrule and {extra}", "use one form: rrule and duration, or days, start and end")
        gather.done()
    form = _RULE_FORM if by_rule or ("duration" in raw and "days" not in raw) else _DAYS_FORM
    for key in form:
        if raw.get(key) is None:
            gather.missing(
                f".{key}", "is missing", f"a window by {form[0]} needs {choices(form).replace(' or ', ' and ')}"
            )
    if form is _DAYS_FORM and "duration" in raw:
        gather.missing(".duration", "does not belong to a window by days", "say when it closes with end")
    window = _by_rule(raw, zone, gather) if form is _RULE_FORM else _by_days(raw, gather)
    gather.done()
    if window is None:
        raise ValueError(f"{raw!r} gave neither a window nor a problem")
    return window


def _by_days(raw: Mapping[str, object], gather: Gather) -> Window | None:
    """Read days, start and end; what is missing is already known to ``gather``."""
    given = {key: raw[key] for key in _DAYS_FORM if raw.get(key) is not None}
    days = gather.read(".days", weekdays, given["days"]) if "days" in given else None
    start = gather.read(".start", clock, given["start"]) if "start" in given else None
    end = gather.read(".end", lambda value: clock(value, midnight_ends=True), given["end"]) if "end" in given else None
    return None if days is None or start is None or end is None else Window(days, start, end)


def _by_rule(raw: Mapping[str, object], zone: ZoneInfo, gather: Gather) -> Window | None:
    """Read rrule and duration; what is missing is already known to ``gather``."""
    length = gather.read(".duration", _LENGTH, raw["duration"]) if raw.get("duration") is not None else None
    if raw.get("rrule") is None:
        return None
    rule = gather.read(".rrule", lambda value: _rule(value, zone), raw["rrule"])
    if rule is None or length is None:
        return None
    window = Window(rrule=rule, duration=length)
    shortest = _shortest_gap(rule, zone)
    if shortest is not None and shortest < length:
        remedy = f"the rule opens again after {spoken(shortest)}: use {spoken(shortest)} or less"
        gather.refuse(".duration", raw["duration"], "is longer than the time between two openings", remedy)
    return window


def _rule(raw: object, zone: ZoneInfo) -> str:
    """Read a recurrence rule that opens at least once."""
    if not isinstance(raw, str):
        raise refuse(raw, "is not a recurrence rule", 'write a rule in quotes, like "FREQ=WEEKLY;BYDAY=SU;BYHOUR=1"')
    try:
        recurrence = parse(str(raw), zone)
    except RecurrenceError as exc:
        fault, _mark, remedy = str(exc).partition("; ")
        raise refuse(raw, f"cannot be used: {fault}", remedy or "see RFC 5545, 3.3.10") from exc
    if recurrence.first() is None:
        raise refuse(raw, "never opens: no date matches it", "check BYMONTH, BYMONTHDAY, BYDAY, UNTIL and DTSTART")
    return str(raw)


def _shortest_gap(rule: str, zone: ZoneInfo) -> timedelta | None:
    """Return the shortest wall-clock time between two of the first openings, or None when there is only one."""
    recurrence = parse(rule, zone)
    first = recurrence.first() or ANCHOR
    sample = recurrence.between(first, first + timedelta(days=3 * 366))
    return min((later - earlier for earlier, later in pairwise(islice(sample, _OVERLAP_SAMPLE))), default=None)


def longest(windows: tuple[Window, ...], zone: ZoneInfo, now: datetime) -> timedelta:
    """Return the length of the longest occurrence in the 35 days from ``now``; zero when there is none."""
    found = occurrences(windows, now, now + timedelta(days=35), zone)
    return max((o.closes - o.opens for o in found), default=timedelta(0))
