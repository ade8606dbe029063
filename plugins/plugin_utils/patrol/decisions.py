# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decided, when a run is opened: read from files, checked, recorded; and what of it concerns a device."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..decided.approvals import ApprovalEntry, Verb, read_approvals
from ..decided.emergency import VARIABLE, Declaration, declaration
from ..decided.exceptions import (
    ExceptionEntry,
    exception_in,
    expired,
    read_exceptions,
    unknown_names,
)
from ..decided.problem import DecisionError, Problem
from ..decided.rows import Row
from ..ledger import Reader, Transaction
from ..planner.fleet import Ancestor, Approval, Emergency, Exemption, Scope
from ..planner.model import Device, DeviceState
from ..planner.policy import Policy

OPTIONS: Mapping[str, Mapping[str, str]] = {  # of the tasks that go by what people decided
    "approvals": {"type": "str"},
    "exceptions": {"type": "str"},
    "emergency": {"type": "raw"},
}


@dataclass(frozen=True, slots=True)
class Written:
    """What the files say and the operator declares, checked. ``sources``: names for the audit trail."""

    approvals: tuple[ApprovalEntry, ...] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()
    declared: Declaration | None = None
    sources: Mapping[str, str] = field(default_factory=dict)


NOTHING_WRITTEN = Written()


@dataclass(frozen=True, slots=True)
class People:
    """What people decided, as a run goes by it: files and ledger together.

    ``exceptions``: all of them, also those that have expired; ``excepted``: by device, of the run's devices.
    """

    approvals: tuple[ApprovalEntry, ...] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()
    excepted: Mapping[str, tuple[ExceptionEntry, ...]] = field(default_factory=dict)
    emergencies: tuple[Emergency, ...] = ()

    @property
    def mark(self) -> str:
        """A short name of it all: where it changes, every device is planned for anew. Empty when nothing is decided."""
        said = [*(entry.as_data() for entry in self.approvals), *(entry.as_data() for entry in self.exceptions)]
        declared = [[sorted(one.updates), one.reason, one.declared_at.isoformat()] for one in self.emergencies]
        if not said and not declared:
            return ""
        return hashlib.sha256(json.dumps([said, declared]).encode()).hexdigest()[:12]


NOBODY = People()


def read_told(options: Mapping[str, Any], variables: Mapping[str, Any], now: datetime) -> Written:
    """Read and check what people decided, as a task of OPTIONS is told of it in an inventory. Raises DecisionError."""
    return read_written(
        **{name: options[name] for name in OPTIONS},
        inventory_dir=variables.get("inventory_dir"),
        groups=variables["groups"],
        now=now,
    )


def read_written(
    *,
    approvals: str | None,
    exceptions: str | None,
    emergency: object,
    inventory_dir: str | None,
    groups: Mapping[str, Iterable[str]],
    now: datetime,
) -> Written:
    """Read and check what people decided.

    ``approvals`` and ``exceptions``: paths, relative ones beside the inventory; None: ``approvals.yml`` and
    ``exceptions.yml`` there, if they exist. ``groups``: every group of the inventory with its hosts.
    Raises DecisionError with the problems of all of them.
    """
    problems: list[Problem] = []
    folder = Path(inventory_dir or ".").resolve()
    approved: tuple[ApprovalEntry, ...] = ()
    excepted: tuple[ExceptionEntry, ...] = ()
    declared = None
    first, second = (
        decision_file(folder, approvals, "approvals.yml"),
        decision_file(folder, exceptions, "exceptions.yml"),
    )
    try:
        approved = read_approvals(first, first.name) if approvals or first.exists() else ()
    except DecisionError as error:
        problems += error.problems
    try:
        excepted = read_exceptions(second, second.name) if exceptions or second.exists() else ()
        problems += unknown_names(excepted, second.name, groups, now)
    except DecisionError as error:
        problems += error.problems
    try:
        declared = declaration(emergency, now)
    except DecisionError as error:
        problems += error.problems
    if problems:
        raise DecisionError(problems)
    sources = {"approval": source_of(first), "exception": source_of(second)}
    return Written(approved, excepted, declared, sources)


def decision_file(folder: Path, given: str | None, usual: str) -> Path:
    """Return where a file of decisions is: a relative path begins beside the inventory."""
    return folder / Path(given or usual).expanduser()


def source_of(path: Path) -> str:
    """Return ``campus/approvals.yml``: a name that a checkout elsewhere shares."""
    return "/".join(path.resolve().parts[-2:])


def enter(tx: Transaction, written: Written, now: datetime) -> None:
    """Record what is new, each with its line in the audit trail. Raises DecisionError for an emergency that is over."""
    for kind, entries in (("approval", written.approvals), ("exception", written.exceptions)):
        source = written.sources.get(kind)
        if source is not None:
            tx.decisions.note(kind, source, [entry.as_data() for entry in entries], now)
    if written.declared is None:
        return
    declared = written.declared.at(now)
    if tx.decisions.emergency(written.declared.id) is None and declared.expires <= now:
        fault = "is over, and was never declared before"
        raise DecisionError(
            [Problem(VARIABLE, 0, "expires", f"'{declared.expires.isoformat()}'", fault, "give a later end")]
        )
    tx.decisions.declare(written.declared.id, declared)


def gather(tx: Reader, written: Written, groups_of: Mapping[str, Iterable[str]], now: datetime) -> People:
    """Return what holds for a run over the devices of ``groups_of``, each with its groups."""
    exceptions = (*written.exceptions, *recorded_exceptions(tx))
    found = {
        device: tuple(entry for entry in exceptions if entry.concerns(device, groups))
        for device, groups in groups_of.items()
    }
    emergencies = list(tx.decisions.emergencies(now))
    if written.declared is not None and tx.decisions.emergency(written.declared.id) is None:
        emergencies.append(written.declared.at(now))  # only a question: nothing was recorded
    return People(
        approvals=written.approvals,
        exceptions=exceptions,
        excepted={device: entries for device, entries in found.items() if entries},
        emergencies=tuple(emergencies),
    )


def reminders(people: People, now: datetime) -> list[str]:
    """Return what the end of a run reminds of: exceptions that no longer hold, emergencies that still do (UTC)."""
    lines = []
    for entry in expired(people.exceptions, now):
        whom = ", ".join(sorted(entry.devices | entry.groups))
        what = ", ".join(one.value for one in Scope if one in entry.scopes)
        lines.append(f"exception expired {entry.expires}: {whom} ({what}), authorised by {entry.authorised_by}")
    for one in people.emergencies:
        if now < one.expires:
            until = one.expires.astimezone(UTC)
            names = ", ".join(sorted(one.updates))
            lines.append(f"emergency until {until:%a %Y-%m-%d %H:%M} UTC: {names}, declared by {one.authorised_by}")
    return lines


def recorded_exceptions(tx: Reader) -> tuple[ExceptionEntry, ...]:
    """Return the exceptions that stand in the ledger alone. Raises DecisionError for one that cannot be read."""
    rows = [Row("ledger", name[:12], 0, said, {}) for name, said in tx.decisions.exceptions().items()]
    found = [exception_in(row) for row in rows]
    problems = [problem for row in rows for problem in row.problems]
    if problems:
        raise DecisionError(problems)
    return tuple(entry for entry in found if entry is not None)


@dataclass(frozen=True, slots=True)
class Concerning:
    """What of all that was decided concerns one device."""

    approvals: tuple[Approval, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    emergencies: tuple[Emergency, ...] = ()
    ancestors: Mapping[str, tuple[Ancestor, ...]] = field(default_factory=dict)


def concerning(tx: Reader, decided: People, device: Device, policy: Policy, state: DeviceState) -> Concerning:
    """Return what concerns a device. The ledger is asked only where lineages count: holds, inheritance, a delay."""
    rules, zone = policy.approval, policy.zone
    named = {entry.update for entry in decided.approvals}
    follows = rules.follow_supersedence and bool(named)
    holds = any(entry.decision is Verb.HOLD for entry in decided.approvals)
    ancestors: Mapping[str, tuple[Ancestor, ...]] = {}
    if state.missing and (follows or holds or rules.delay):
        ancestors = tx.ancestors(device.name, state.missing, named, owed=bool(rules.delay))
    names = {name for update in (*state.missing, *state.awaiting_restart) for name in (update.id, *update.kbs)}
    names.update(name for line in ancestors.values() for one in line for name in one.names)
    return Concerning(
        approvals=tuple(
            entry.approval(zone)
            for entry in decided.approvals
            if entry.update in names or entry.decision is not Verb.APPROVE
        ),
        exemptions=tuple(one for entry in decided.excepted.get(device.name, ()) for one in entry.exemptions(zone)),
        emergencies=decided.emergencies,
        ancestors=ancestors,
    )
