# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""load_cloning(raw, origin, rooms): the one door through which ``nightshift_cloning`` comes in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ..policy.problems import Gather, Refused, refuse, shown
from ..policy.values import duration, meant, one_of, set_of, spoken, update_name, whole
from ..policy.values import zone as zone_name
from ..policy.windows import longest, windows_in
from ..room.reading import build, image_file, run_rules, sha256
from .days import Season, SeasonYear
from .policy import CalendarSource, CloningPolicy, Image, RoomRule, Stale
from .problem import VARIABLE, CloningError, CloningProblem
from .reading import Reader, day, days, listed, mapping, named, word, year_day

_SAMPLE = datetime(2026, 1, 5, tzinfo=UTC)  # weekly windows are as long in any five weeks
_DAY = timedelta(days=1)
_LENGTH = duration(timedelta(minutes=1), _DAY)
_MOST_ON_A_SERVER = 5  # they follow one another in a night, and each order of them is tried
EVERY_ROOM, BY_LOCATION = "all", "location"


def load_cloning(raw: object, origin: str, rooms: Collection[str] | None = None) -> CloningPolicy:
    """Return the policy that ``raw``, the value of ``nightshift_cloning``, means.

    ``origin``: the file it was written in. With ``rooms`` (those of the register) a room of another name is a
    mistake. Raises CloningError with every problem at once.
    """
    try:
        policy = _read(raw)
    except Refused as refused:
        raise CloningError(
            CloningProblem(origin, f"{VARIABLE}{f.at}", f.value, f.fault, f.remedy) for f in refused.faults
        ) from refused
    problems = [*_contradictions(policy, origin), *(_strangers(policy, origin, rooms) if rooms is not None else ())]
    if problems:
        raise CloningError(problems)
    return policy


def _read(raw: object) -> CloningPolicy:
    zone = ZoneInfo("UTC")
    if isinstance(raw, Mapping) and raw.get("zone") is not None:
        with suppress(Refused):  # told below, with the other problems
            zone = zone_name(raw["zone"])
    found = mapping("nightshift_cloning", _readers(zone), needed=("zone", "seasons", "windows"))(raw)
    image, limits = found.pop("freshness", {}), found.pop("limits", {})
    rules = found.pop("rooms", {})
    images = {name: replace(one, name=name) for name, one in found.pop("images", {}).items()}
    return CloningPolicy(
        **found,
        **limits,
        images=MappingProxyType(images),
        rooms=MappingProxyType(rules),
        image_max_age=image.get("max_age"),
        image_stale=image.get("stale", Stale.REFUSE),
    )


def _readers(zone: ZoneInfo) -> dict[str, Reader]:
    """Return the readers of all keys, in the order of the documentation."""
    return {
        "zone": zone_name,
        "seasons": listed("seasons", _season),
        "windows": windows_in(zone),
        "closed": listed("days", days),
        "blackout": listed("days", days),
        "calendars": listed("calendars", _calendar),
        "limits": mapping("limits", {"per_night": whole(1, 500), "per_server": whole(1, _MOST_ON_A_SERVER)}),
        "estimate": _LENGTH,
        "margin": duration(timedelta(0), _DAY),
        "attempts": whole(1, 20),
        "order": listed("rooms", word),
        "image": word,
        "images": named(_image),
        "freshness": mapping("freshness", {"max_age": duration(_DAY, 1000 * _DAY), "stale": one_of(Stale)}),
        "server": word,
        "rooms": named(_rule),
        "since": day,
        "run": run_rules,
    }


def _season(raw: object) -> Season:
    readers = {"name": word, "from": year_day, "to": year_day}
    found = mapping("a season", readers, needed=tuple(readers))(raw)
    return Season(found["name"], found["from"], found["to"])


def _calendar(raw: object) -> CalendarSource:
    found = mapping("a calendar", {"source": word, "rooms": _whose}, needed=("source",))(raw)
    rooms, by_location = found.get("rooms", (frozenset(), False))
    return CalendarSource(found["source"], rooms, by_location)


def _whose(raw: object) -> tuple[frozenset[str], bool]:
    """Read ``all``, ``location``, or a list of rooms."""
    if isinstance(raw, str) and raw.lower() in (EVERY_ROOM, BY_LOCATION):
        return frozenset(), raw.lower() == BY_LOCATION
    if not isinstance(raw, (list, tuple)) or not raw:
        raise refuse(raw, "does not say whose bookings these are", "use a list of rooms, all or location")
    return frozenset(listed("rooms", word)(raw)), False


def _image(raw: object) -> Image:
    readers = {
        "made": day,
        "version": word,
        "lacks": set_of(update_name),
        "checksum": sha256,
        "build": build,
        "files": listed("files", image_file),
    }
    found = mapping("an image", readers, needed=("made",))(raw)
    return Image(name="", **found)


def _rule(raw: object) -> RoomRule:
    return RoomRule(**mapping("a room", {"image": word, "server": word, "estimate": _LENGTH})(raw))


def _contradictions(policy: CloningPolicy, origin: str) -> Iterator[CloningProblem]:
    """Yield values that are right one by one, and cannot be meant together."""

    def problem(key: str, fault: str, remedy: str, value: str = "") -> CloningProblem:
        return CloningProblem(origin, f"{VARIABLE}.{key}", value, fault, remedy)

    if not policy.seasons:
        yield problem("seasons", "has no season, so no room would ever be cloned", "add one, with name, from and to")
    names = [season.name for season in policy.seasons]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield problem(f"seasons[{number}].name", "stands twice", "give each season its own name", shown(name))
    for one, other in combinations(policy.seasons, 2):
        if _overlap(one, other):
            fault = f"has days that {one.name} and {other.name} share"
            yield problem("seasons", fault, "let one end before the other begins")
    if not policy.windows:
        yield problem("windows", "has no window, so no room would ever be cloned", "add one, with days, start and end")
        return
    room = longest(policy.windows, policy.zone, _SAMPLE)
    if room > _DAY + timedelta(hours=1):
        yield problem("windows", "is open for more than a day", "nights are windows of 24h at most", spoken(room))
    if all(window.rrule is None for window in policy.windows):
        for key, needed in _spans(policy):
            if needed > room:
                fault = f"is with the margin more than the longest window ({spoken(room)}), so it would never begin"
                yield problem(key, fault, "make the window longer, or the estimate or the margin smaller",
                              spoken(needed - policy.margin))  # fmt: skip
    for key, image in _images_used(policy):
        if image not in policy.images:
            remedy = f"{meant(image, policy.images)}add it to images, with the day on which it was made"
            yield problem(key, "is no image", remedy, shown(image))


def _spans(policy: CloningPolicy) -> Iterator[tuple[str, timedelta]]:
    yield "estimate", policy.estimate + policy.margin
    for name, rule in policy.rooms.items():
        if rule.estimate is not None:
            yield f"rooms[{name!r}].estimate", rule.estimate + policy.margin


def _images_used(policy: CloningPolicy) -> Iterator[tuple[str, str]]:
    if policy.image is not None:
        yield "image", policy.image
    for name, rule in policy.rooms.items():
        if rule.image is not None:
            yield f"rooms[{name!r}].image", rule.image


def _overlap(one: Season, other: Season) -> bool:
    """Return whether two seasons share a day of some year."""

    def years(season: Season) -> list[SeasonYear]:
        return [season.beginning_in(year) for year in (2025, 2026, 2027)]

    return any(a.first <= b.last and b.first <= a.last for a in years(one) for b in years(other))


def _strangers(policy: CloningPolicy, origin: str, known: Collection[str]) -> Iterator[CloningProblem]:
    """Yield the rooms that the register does not have."""
    gather = Gather()

    def check(at: str, names: Collection[str]) -> None:
        for name in sorted(set(names) - set(known)):
            gather.refuse(at, name, "is no room of the register", f"{meant(name, known)}use a room of its devices")

    check(".order", policy.order)
    check(".rooms", policy.rooms.keys())
    for key, spans in (("closed", policy.closed), ("blackout", policy.blackout)):
        for number, span in enumerate(spans):
            check(f".{key}[{number}].rooms", span.rooms)
    for number, calendar in enumerate(policy.calendars):
        check(f".calendars[{number}].rooms", calendar.rooms)
    try:
        gather.done()
    except Refused as refused:
        for fault in refused.faults:
            yield CloningProblem(origin, f"{VARIABLE}{fault.at}", fault.value, fault.fault, fault.remedy)
