# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The keys of ``nightshift_policy``: one row each, with the reader of its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from ..planner.model import Exposure, Severity
from ..planner.policy import InstallOrder, RestartAfterInstall, WithUsers
from . import rows, vendors
from .defaults import DEFAULTS
from .problems import Gather, refuse
from .values import (
    duration,
    meant,
    never_or,
    one_of,
    sentence,
    set_of,
    size,
    text,
    truth,
    update_name,
    whole,
    zone,
)
from .windows import windows_in

Reader = Callable[[object], object]
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def _category(raw: object) -> str:
    """Read the name of a WUA category, as WUA writes it."""
    return text(raw)


def _exposure(raw: object) -> str:
    """Read who can reach a device."""
    return one_of(Exposure)(raw).value


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "zone": zone,
        "managed": truth,
        "severity.install": set_of(one_of(Severity)),
        "scan.every": duration(15 * _MINUTE, 31 * _DAY),
        "scan.retry": duration(_MINUTE, 31 * _DAY),
        "install.any_time": truth,
        "install.catch_up": truth,
        "install.catch_up_delay": duration(timedelta(0), _DAY - _MINUTE),
        "install.default_minutes": whole(1, 24 * 60),
        "install.fit": truth,
        "install.scan_max_age": duration(_MINUTE, 31 * _DAY),
        "install.min_free": size,
        "install.on_battery": truth,
        "install.restart_minutes": whole(0, 4 * 60),
        "install.order": one_of(InstallOrder),
        "retry.attempts": whole(1, 10),
        "retry.delay": duration(timedelta(0), 31 * _DAY),
        "retry.interruptions": whole(1, 100),
        "restart.after_install": one_of(RestartAfterInstall),
        "restart.users": one_of(WithUsers),
        "restart.countdown": duration(timedelta(0), _DAY),
        "restart.message": text,
        "restart.deadline": never_or(duration(timedelta(0), 366 * _DAY)),
        "restart.grace": duration(timedelta(0), 31 * _DAY),
        "restart.outside_windows_after_deadline": truth,
        "restart.deadline_message": sentence("deadline", "postponed"),
        "restart.attempts": whole(1, 10),
        "restart.always_on.every": duration(_HOUR, 366 * _DAY),
        "restart.remind.message": text,
        "declined": set_of(update_name),
        "approval.required": truth,
        "approval.follow_supersedence": truth,
        "approval.delay": duration(timedelta(0), 366 * _DAY),
        "priority.matrix": rows.matrix,
        "priority.grace": duration(timedelta(0), 92 * _DAY),
        "priority.away": duration(_HOUR, 92 * _DAY),
        "rings": rows.rings,
        "manual": truth,
        "tasks": truth,
        "vendors.providers": vendors.providers,
        "vendors.allow": set_of(vendors.name),
        "vendors.deny": set_of(vendors.name),
    }
)
WINDOWS = ("install.windows", "restart.windows", "restart.always_on.windows", "restart.remind.windows")
MAPS: Mapping[str, tuple[Callable[[object], str], Reader]] = MappingProxyType(
    {
        "severity.infer": (_category, one_of(Severity)),
        "severity.overrides": (update_name, one_of(Severity)),
        "vendors.severity": (vendors.name, one_of(Severity)),
        "priority.due": (rows.level_name, duration(_HOUR, 1000 * _DAY)),
        "priority.exploited": (_exposure, rows.level),
    }
)
OPTIONAL = ("restart.always_on", "restart.remind", "priority")
KEYS = tuple(DEFAULTS)
SECTIONS = frozenset(key.rpartition(".")[0] for key in KEYS if "." in key)


def read(key: str, raw: object, local: ZoneInfo) -> object:
    """Return the typed value of a key; windows are in wall-clock time of ``local``. Raises Refused."""
    if key in WINDOWS:
        return windows_in(local)(raw)
    if key in MAPS:
        return _read_map(*MAPS[key], raw)
    return READERS[key](raw)


def _read_map(name_of: Callable[[object], str], read_item: Reader, raw: object) -> dict[str, object]:
    """Read a mapping entry by entry; an entry of null stays None, which means: as by default."""
    if not isinstance(raw, Mapping):
        raise refuse(raw, "is not a mapping", "write keys and values below it")
    gather, found = Gather(), dict[str, object]()
    for key, item in raw.items():
        name = gather.read("", name_of, key)
        value = None if item is None else gather.read(f"[{str(key)!r}]", read_item, item)
        if name is not None:
            found[name] = value
    gather.done()
    return found


def below(section: str) -> list[str]:
    """Return the names directly below a section ("" is the whole policy)."""
    prefix = f"{section}." if section else ""
    names = (key[len(prefix) :].partition(".")[0] for key in KEYS if key.startswith(prefix))
    return list(dict.fromkeys(names))


def hint(section: str, name: str) -> str:
    """Return what to write instead of the unknown ``name`` in ``section``."""
    known = below(section)
    elsewhere = [key for key in KEYS if key.rpartition(".")[2] == name]
    guess = meant(name, known) or (f"did you mean {elsewhere[0]}? " if elsewhere else "")
    return f"{guess}use {', '.join(known[:-1])} or {known[-1]}"
