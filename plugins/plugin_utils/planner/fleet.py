# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner is told beyond the device itself: decisions of people, knowledge of vendors, experience of others.

These values come from files beside the inventory and from the ledger, already checked, and already narrowed
down to what concerns the device that is planned for. All instants are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Attempt, Severity, Update


class ApprovalState(str, Enum):
    """What people decided about an update (enterprise 4, msp 2)."""

    APPROVED = "approved"
    HELD = "held"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Approval:
    """One entry of the approvals. ``update`` is a KB or an update id; no ``rings``: all of them."""

    update: str
    state: ApprovalState
    by: str
    on: datetime
    reason: str = ""
    not_before: datetime | None = None
    expires: datetime | None = None
    rings: frozenset[str] = frozenset()


class Scope(str, Enum):
    """What an exception takes a device out of (campus 6)."""

    PATCHING = "patching"
    UPDATE = "update"
    RESTARTS = "restarts"
    CLONING = "cloning"


@dataclass(frozen=True, slots=True)
class Exemption:
    """One exception that names this device. ``update``: the KB or update id where ``scope`` is UPDATE."""

    scope: Scope
    reason: str
    authorised_by: str
    expires: datetime | None = None
    update: str | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """What an operator declared (campus 4): until it expires, its updates may install and restart at any time."""

    updates: frozenset[str]  # KBs or update ids
    reason: str
    authorised_by: str
    declared_at: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Advice:
    """What vendors and authorities say about one KB: the most severe rating, its CVEs, whether it is exploited."""

    kb: str
    severity: Severity | None = None
    cves: tuple[str, ...] = ()
    exploited: bool = False
    restart_required: bool | None = None
    supersedes: tuple[str, ...] = ()  # KBs
    bulletin: str = ""  # address of the vendor's page
    due: datetime | None = None  # the date an authority gives for exploited ones
    exploited_since: datetime | None = None  # when it became known here


@dataclass(frozen=True, slots=True)
class RingGate:
    """How the rollout of one update stands for this device's ring (enterprise 5).

    ``opened_at``: since when the ring may install it; None: not yet, and ``why`` says what it waits for.
    ``opens_at``: when it opens by time alone, if nothing fails. ``halted``: failures are above the limit.
    """

    opened_at: datetime | None
    why: str = ""
    opens_at: datetime | None = None
    halted: bool = False


@dataclass(frozen=True, slots=True)
class Ancestor:
    """An update that a missing one replaces, directly or through others, as far as somebody ever saw it.

    ``names``: its id and KBs; ``replaces``: the names of all that it replaces itself. ``same_product``: each step to
    it stays within one product; ``same_kind``: it has a classification (security updates ...) of the missing one.
    ``owed_since``: this device lacked it from then on until something replaced it on offer; it never had it.
    """

    names: frozenset[str]
    replaces: frozenset[str] = frozenset()
    released: datetime | None = None
    same_product: bool = False
    same_kind: bool = False
    owed_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Absence:
    """A long time in which the device did not answer: from its last answer before it to its first one after it."""

    since: datetime
    until: datetime


class TaskResult(str, Enum):
    """What a person recorded of a manual task (enterprise 6)."""

    DONE = "done"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class ManualTask:
    """The last manual task about one update on one device; open while ``result`` is None."""

    opened_at: datetime
    closed_at: datetime | None = None
    result: TaskResult | None = None


@dataclass(frozen=True, slots=True)
class Rollback:
    """An order (helpdesk 8): ``update``, a KB, a package or an id, is wanted nowhere and removed where it is.

    ``at_once``: whatever the windows say.
    """

    update: str
    reason: str
    by: str
    ordered_at: datetime
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """An installed update that an order names, as the search that ended at ``listed_at`` found it.

    ``attempts``: to remove it, since the order, oldest first. ``ticketed``: a person was called about it since then.
    """

    update: Update
    order: Rollback
    listed_at: datetime
    attempts: tuple[Attempt, ...] = ()
    ticketed: bool = False


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """Everything of this file that concerns one device.

    ``advice`` by KB; ``ancestors``, ``gates``, ``expected`` (90th percentile on devices of this model) and
    ``first_seen`` (since when any device of the fleet lacks it) by update id, and so are ``exploited_since`` (first
    found missing somewhere while known to be exploited) and ``tasks`` (the last one here). ``asked``: updates for which
    an emergency approval was asked for. ``absences``: of this device, oldest first.
    ``rollbacks``: all that stand; ``removals``: what they name of what is installed here, as far as the search
    ``installed_listed`` (its id; "" for none) says.
    """

    approvals: tuple[Approval, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    emergencies: tuple[Emergency, ...] = ()
    ancestors: Mapping[str, tuple[Ancestor, ...]] = field(default_factory=dict)
    advice: Mapping[str, Advice] = field(default_factory=dict)
    gates: Mapping[str, RingGate] = field(default_factory=dict)
    expected: Mapping[str, timedelta] = field(default_factory=dict)
    exploited_since: Mapping[str, datetime] = field(default_factory=dict)
    absences: tuple[Absence, ...] = ()
    tasks: Mapping[str, ManualTask] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    first_seen: Mapping[str, datetime] = field(default_factory=dict)
    rollbacks: tuple[Rollback, ...] = ()
    removals: tuple[Removal, ...] = ()
    installed_listed: str = ""


NOTHING_KNOWN = FleetFacts()
