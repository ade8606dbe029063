# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a run begins: the time it goes by, the ledger it writes, the devices and policies it is about."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..ledger import Holder, open_ledger, private_copy
from ..planner.model import Device, Exposure
from ..policy.load import LoadedPolicy
from ..tasks.fault import OperatorError
from .clock import AheadClock, Clock, FixedClock, LabClock, SystemClock
from .decisions import NOTHING_WRITTEN, Written, enter, gather
from .fingerprint import fingerprint
from .fleet_facts import Decided
from .further import mark
from .lab_control import LabControl
from .session import Member, Purpose, Session, SessionFolder, Word


class OpeningError(OperatorError):
    """An option of the run, or a host's variables, cannot be used. The message says where, what and what instead."""


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What the inventory says of a host, as far as a patrol needs it."""

    name: str
    groups: tuple[str, ...]
    address: str
    port: int | None
    device: Mapping[str, Any]
    tickets: str = ""  # tells apart what hosts say of their ticket system; never shown or stored: it may hold secrets


CLASSES = {"desktops": "desktop", "laptops": "laptop", "servers": "server", "rooms": "room"}
WINRM_PORT = 5986


def choose_clock(now: str | None, rehearsal: bool, lab: Mapping[str, Any] | None) -> Clock:
    """Return the clock of a run.

    ``now`` (ISO 8601 with an offset) asks "what then?": in check mode anywhere; outside it only in a
    lab, whose clock is moved there by ``wait_until(now())`` of the clock that is returned, and not before. Raises
    OpeningError and LabUnreachable.
    """
    if now is None:
        return LabClock.of(LabControl.from_variable(lab)) if lab else SystemClock()
    try:
        instant = datetime.fromisoformat(now)
    except ValueError:
        raise OpeningError(
            f"nightshift_now: '{now}' is not an instant; write it as 2026-11-23T16:05:00+00:00"
        ) from None
    if instant.tzinfo is None:
        raise OpeningError(
            f"nightshift_now: '{now}' has no offset; write it as {now}+00:00, or with your zone's offset"
        )
    if rehearsal:
        return FixedClock(instant)
    if not lab:
        raise OpeningError(
            f"nightshift_now: '{now}' is only a question, and this run would act on it; "
            "add --check (outside a lab nothing but the real time is acted upon)"
        )
    clock = LabClock.of(LabControl.from_variable(lab))
    if instant < clock.now():
        raise OpeningError(f"nightshift_now: '{now}' is past in this lab, where it is {clock.now().isoformat()}")
    return AheadClock(clock, instant)


def default_ledger(inventory_dir: str | None) -> str:
    """Return the URL of the ledger beside the inventory: two inventories never share one by accident."""
    folder = Path(inventory_dir or ".").resolve() / ".nightshift"
    return f"sqlite:///{folder / 'ledger.sqlite'}"


def parse_span(name: str, text: str) -> timedelta:
    """Read a span such as 90s, 15m, 4h or 1d. Raises OpeningError naming the option."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    if len(text) < 2 or text[-1] not in units or not text[:-1].isdigit():
        raise OpeningError(f"{name}: '{text}' is not a span of time; use a number and s, m, h or d, like 90s or 4h")
    return timedelta(seconds=int(text[:-1]) * units[text[-1]])


@dataclass(frozen=True, slots=True)
class Found:
    """The devices of a run and the policies they are under, by fingerprint."""

    members: Mapping[str, Member]
    policies: Mapping[str, LoadedPolicy]


def place(facts: Iterable[HostFacts], loaded: Mapping[str, LoadedPolicy]) -> Found:
    """Give each host its device and its policy. Raises OpeningError with a line for each host that cannot be placed."""
    members: dict[str, Member] = {}
    policies: dict[str, LoadedPolicy] = {}
    fingerprints: dict[int, str] = {}
    problems = []
    for host in facts:
        policy = loaded[host.name]
        key = fingerprints.setdefault(id(policy), "") or fingerprint(policy.policy)
        fingerprints[id(policy)] = key
        policies[key] = policy
        device_class = class_of(host)
        if device_class is None:
            problems.append(
                f"host {host.name}: device class {host.device.get('class')!r}; put it into one of the groups "
                f"{', '.join(CLASSES)} or set nightshift_device.class to one of {', '.join(CLASSES.values())}"
            )
            continue
        members[host.name] = Member(device_of(host, device_class), host.address, host.port or WINRM_PORT, key)
    if problems:
        raise OpeningError("\n".join(problems))
    return Found(members, policies)


def class_of(host: HostFacts) -> str | None:
    """Return the device class from the register's row, else from the host's groups; None when neither tells."""
    given = host.device.get("class") or next((CLASSES[group] for group in host.groups if group in CLASSES), None)
    return given if given in CLASSES.values() else None


def device_of(host: HostFacts, device_class: str) -> Device:
    """Return the register's row as the planner knows it."""
    row = host.device
    return Device(
        name=host.name,
        device_class=device_class,
        ring=row.get("ring"),
        unit=row.get("unit"),
        criticality=row.get("criticality"),
        model=row.get("model"),
        room=row.get("room"),
        always_on=bool(row.get("always_on", False)),
        managed=bool(row.get("managed", True)),
        exposure=exposure_of(host),
        impact=row.get("impact"),
        responsible=row.get("responsible"),
    )


def exposure_of(host: HostFacts) -> Exposure:
    """Return who can reach a device. Raises OpeningError."""
    given = host.device.get("exposure") or Exposure.INTERNAL.value
    try:
        return Exposure(given)
    except ValueError:
        known = " or ".join(one.value for one in Exposure)
        raise OpeningError(
            f"host {host.name}: nightshift_device.exposure: {given!r} is not known; use {known}"
        ) from None


def open_session(
    *,
    purpose: Purpose,
    rehearsal: bool,
    ledger: str,
    clock: Clock,
    stay: timedelta,
    budget: timedelta,
    poll: timedelta,
    found: Found,
    folder: SessionFolder,
    written: Written = NOTHING_WRITTEN,
    groups: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> Session:
    """Open a run: its devices are enrolled, those out of scope are set aside and never contacted (campus 1).

    ``written``: what people decided; ``groups``: those of each device. Check mode works on a private copy of the
    ledger. A clock that is ahead of its lab moves it here, once all else was found valid. Raises LedgerError and
    DecisionError.
    """
    now = clock.now()
    if rehearsal:
        ledger = private_copy(ledger, folder.path)
    inside = {
        name: member
        for name, member in found.members.items()
        if member.device.managed and found.policies[member.policy].policy.managed
    }
    for name in found.members.keys() - inside.keys():
        folder.say(1, Word(name, "out_of_scope", "out of scope: never contacted"))
    patrol = str(uuid.uuid4())
    with open_ledger(ledger).begin() as tx:
        tx.enrol([member.device for member in inside.values()], now)
        tx.begin_patrol(patrol, Holder.here(patrol), now)
        enter(tx, written, now)
        people = gather(tx, written, groups, now)
        taught = tx.experience()
        orders = tx.rollbacks.standing()
    found = marked(found, "-".join(filter(None, (people.mark, mark(orders)))))
    inside = {name: found.members[name] for name in inside}
    return Session(
        patrol=patrol,
        purpose=purpose,
        rehearsal=rehearsal,
        ledger=ledger,
        clock=clock.wait_until(now),
        opened=now,
        stay_until=now + stay,
        end_by=now + max(budget, stay),
        poll=poll,
        members=inside,
        everybody=found.members,
        policies=found.policies,
        decided=Decided(people=people, experience=taught, rollbacks=orders),
    )


def marked(found: Found, mark: str) -> Found:
    """Return ``found`` with policies named after people's decisions too: a device that went by others is asked anew."""
    if not mark:
        return found
    members = {name: replace(member, policy=f"{member.policy}-{mark}") for name, member in found.members.items()}
    return Found(members, {f"{key}-{mark}": loaded for key, loaded in found.policies.items()})
