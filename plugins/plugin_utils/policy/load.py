# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""load_policy(layers): the one door through which a policy comes in, merged, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ..planner.approval import ApprovalPolicy
from ..planner.model import Exposure
from ..planner.policy import (
    AlwaysOnPolicy,
    InstallPolicy,
    Policy,
    RemindPolicy,
    RestartPolicy,
    RetryPolicy,
    ScanPolicy,
    SeverityPolicy,
)
from ..planner.priority import PriorityPolicy
from ..planner.vendors import VendorPolicy
from . import schema
from .checks import Merged, contradictions
from .defaults import DEFAULTS, ORIGIN
from .merge import Assignment, Layer, assignments
from .problems import PolicyError, Problem, Refused

__all__ = ["Layer", "LoadedPolicy", "PolicyError", "Problem", "load_policy"]
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy, and where each of its values comes from: ``install.windows`` -> ``group_vars/laptops.yml``.

    ``origins`` has every key of the policy (``default`` where nobody said anything), and
    ``severity.overrides.KB5068861`` for each entry of a mapping.
    """

    policy: Policy
    origins: Mapping[str, str]


def load_policy(layers: Sequence[Layer], now: datetime | None = None) -> LoadedPolicy:
    """Merge ``layers`` (weakest first) over the defaults and return the policy they make.

    Merged per key: a list replaces a list, mappings merge, null returns to the default.
    With ``now`` (aware), windows are refused that have opened for the last time before it.
    Raises PolicyError with every problem of every layer, also of values that a later layer replaces.
    """
    problems: list[Problem] = []
    said = [found for layer in layers for found in assignments(layer, problems)]
    merged = _merge(said, problems)
    problems += contradictions(merged, now)
    if problems:
        raise PolicyError(problems)
    return LoadedPolicy(_build(merged.values), MappingProxyType(merged.origins))


def _merge(said: Sequence[Assignment], problems: list[Problem]) -> Merged:
    """Read every assignment and let the later ones win; what is refused goes to ``problems``."""
    defaults = _defaults()
    merged = Merged(values=dict(defaults.values), origins=dict(defaults.origins))
    last = {item.key: number for number, item in enumerate(said)}
    local, zones = _UTC, dict[int, ZoneInfo]()
    for number, item in enumerate(said):
        if item.key == "zone":
            local = _zone_or(item, local)
        zones[number] = local
    for number, item in enumerate(said):
        # A window that counts is read in the zone that counts, a replaced one in the zone of its layer.
        _assign(merged, item, local if last[item.key] == number else zones[number], problems)
    return merged


def _assign(merged: Merged, item: Assignment, local: ZoneInfo, problems: list[Problem]) -> None:
    """Give one key its value, in place."""
    key = item.key
    if item.value is None:
        merged.values[key] = _defaults().values[key]
        for known in [known for known in merged.origins if known == key or known.startswith(f"{key}.")]:
            del merged.origins[known]
        merged.origins.update({k: v for k, v in _defaults().origins.items() if k == key or k.startswith(f"{key}.")})
        merged.doubtful.discard(key)
        return
    if key in schema.OPTIONAL:
        merged.values[key] = True
        merged.origins[key] = item.origin
        return
    try:
        value = schema.read(key, item.value, local)
    except Refused as refused:
        problems += [Problem(item.origin, f"{key}{f.at}", f.value, f.fault, f.remedy) for f in refused.faults]
        merged.doubtful.add(key)
        return
    if isinstance(value, dict):
        usual: Any = _defaults().values[key]
        known_entries: Any = merged.values[key]
        entries = {name: usual.get(name) if rating is None else rating for name, rating in value.items()}
        value = {name: rating for name, rating in {**known_entries, **entries}.items() if rating is not None}
        merged.origins.update({f"{key}.{name}": item.origin for name in entries})
    else:
        merged.doubtful.discard(key)
    merged.values[key] = value
    merged.origins[key] = item.origin


def _zone_or(item: Assignment, otherwise: ZoneInfo) -> ZoneInfo:
    """Return the zone that is assigned, or ``otherwise`` when that one is refused (reported elsewhere)."""
    try:
        value = schema.read("zone", DEFAULTS["zone"] if item.value is None else item.value, _UTC)
    except Refused:
        return otherwise
    return value if isinstance(value, ZoneInfo) else otherwise


@lru_cache(maxsize=1)
def _defaults() -> Merged:
    """Return the defaults, read."""
    merged = Merged(values=dict.fromkeys(schema.OPTIONAL, False), origins=dict.fromkeys(schema.OPTIONAL, ORIGIN))
    for key, raw in DEFAULTS.items():
        value = merged.values[key] = schema.read(key, raw, _UTC)
        merged.origins[key] = ORIGIN
        if isinstance(value, dict):
            merged.origins.update({f"{key}.{name}": ORIGIN for name in value})
    return merged


def _priority(v: Mapping[str, Any]) -> PriorityPolicy:
    return PriorityPolicy(
        matrix=v["priority.matrix"],
        due=MappingProxyType({int(level): time for level, time in v["priority.due"].items()}),
        exploited=MappingProxyType({Exposure(word): level for word, level in v["priority.exploited"].items()}),
        grace=v["priority.grace"],
        away=v["priority.away"],
    )


def _build(v: Mapping[str, Any]) -> Policy:
    """Return the planner's value; everything in ``v`` is read and checked."""
    always_on = AlwaysOnPolicy(v["restart.always_on.every"], v["restart.always_on.windows"])
    remind = RemindPolicy(v["restart.remind.windows"], v["restart.remind.message"])
    return Policy(
        zone=v["zone"],
        managed=v["managed"],
        severity=SeverityPolicy(
            install=v["severity.install"],
            infer=MappingProxyType(dict(v["severity.infer"])),
            overrides=MappingProxyType(dict(v["severity.overrides"])),
        ),
        scan=ScanPolicy(every=v["scan.every"], retry=v["scan.retry"]),
        install=InstallPolicy(
            windows=v["install.windows"],
            any_time=v["install.any_time"],
            catch_up=v["install.catch_up"],
            catch_up_delay=v["install.catch_up_delay"],
            default_minutes=v["install.default_minutes"],
            fit=v["install.fit"],
            scan_max_age=v["install.scan_max_age"],
            min_free_bytes=v["install.min_free"],
            on_battery=v["install.on_battery"],
            restart_minutes=v["install.restart_minutes"],
            order=v["install.order"],
        ),
        retry=RetryPolicy(v["retry.attempts"], v["retry.delay"], v["retry.interruptions"]),
        restart=RestartPolicy(
            after_install=v["restart.after_install"],
            windows=v["restart.windows"],
            users=v["restart.users"],
            countdown=v["restart.countdown"],
            message=v["restart.message"],
            always_on=always_on if v["restart.always_on"] else None,
            remind=remind if v["restart.remind"] else None,
            deadline=v["restart.deadline"],
            grace=v["restart.grace"],
            deadline_message=v["restart.deadline_message"],
            overrides_windows=v["restart.outside_windows_after_deadline"],
            attempts=v["restart.attempts"],
        ),
        declined=v["declined"],
        approval=ApprovalPolicy(
            required=v["approval.required"],
            follow_supersedence=v["approval.follow_supersedence"],
            delay=v["approval.delay"],
        ),
        priority=_priority(v) if v["priority"] else None,
        rings=v["rings"],
        manual=v["manual"],
        tasks=v["tasks"],
        vendors=VendorPolicy(
            providers=v["vendors.providers"],
            allow=v["vendors.allow"],
            deny=v["vendors.deny"],
            severity=MappingProxyType(dict(v["vendors.severity"])),
        ),
    )
