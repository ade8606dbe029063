# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger and the inventory into a review: every device is planned for, as a patrol and explain do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from ..decided.exceptions import ExceptionEntry
from ..ledger import Reader, Transaction
from ..ledger.compliance import Figures
from ..patrol.contact import without_intents
from ..patrol.fleet_facts import Decided, fleet_facts
from ..patrol.nights import nights_of
from ..patrol.opening import Found
from ..planner.plan import plan
from ..planner.policy import Policy
from .document import Review
from .figures import Judged, judge, tabulate

LATELY = timedelta(days=35)  # deployments and missed nights that are told: one month of patches


def review(tx: Reader, found: Found, decided: Decided, stale: timedelta, now: datetime) -> Review:
    """Judge every device of ``found`` that is in scope, from the ledger alone."""
    policies = {name: found.policies[member.policy].policy for name, member in found.members.items()}
    inside = [name for name, member in found.members.items() if member.device.managed and policies[name].managed]
    states = tx.device_states(inside)
    judged = []
    for name in sorted(inside):
        device, policy, state = found.members[name].device, policies[name], states.get(name)
        made = None
        if state is not None:
            state = without_intents(replace(state, fleet=fleet_facts(tx, decided, device, policy, state, now)))
            made = plan(device, policy, state, now)
        judged.append(judge(device, policy, state, made, stale, now))
    figures = tabulate(judged)
    today = now.date().isoformat()
    return Review(
        at=now,
        figures=figures,
        judged=tuple(judged),
        history={**tx.compliance.history(), today: figures},
        expired_exceptions=_expired(decided.people.exceptions, policies, now),
        missed_nights=_nights(tx, {name: policies[name] for name in inside}, now),
        deployments=_deployments(tx, policies, judged, now),
        tasks=[
            {"task": one.id, "device": one.device, "update": one.label, "responsible": one.responsible,
             "opened_at": one.opened_at.isoformat(), "bulletin": one.bulletin}
            for one in tx.tasks.open() if one.device in states
        ],
        halts=[{**asdict(one), "at": one.at.isoformat()} for one in tx.rollouts.halts()],
        excluded=sorted(found.members.keys() - set(inside)),
    )  # fmt: skip


def keep(tx: Transaction, figures: Iterable[Figures], now: datetime) -> None:
    """Keep the figures as the snapshot of the day."""
    tx.compliance.keep(tuple(figures), now)


def _expired(
    entries: Iterable[ExceptionEntry], policies: Mapping[str, Policy], now: datetime
) -> list[dict[str, object]]:
    """Return the exceptions that no longer hold anywhere: each ends by the clock of the device's zone (campus 6)."""
    zones = {policy.zone for policy in policies.values()}
    found = []
    for entry in entries:
        ends = [end for end in (entry.ends(zone) for zone in zones) if end is not None]
        if ends and max(ends) <= now:
            found.append(entry.as_data())
    return found


def _nights(tx: Reader, policies: Mapping[str, Policy], now: datetime) -> list[dict[str, object]]:
    """Return the windows in which devices were off, of the last weeks (msp 4)."""
    return [
        {"device": name, "night": one.words(policies[name].zone), "why": one.why, "made_up": one.made_up}
        for name, nights in sorted(nights_of(tx, policies, now - LATELY, now).items())
        for one in nights
    ]


def _deployments(
    tx: Reader, policies: Mapping[str, Policy], judged: Iterable[Judged], now: datetime
) -> list[dict[str, object]]:
    """Count devices by how each update stands on them: deployed is what a later search verified (enterprise 7)."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    labels: dict[str, str] = {}
    names = {one.device.name for one in judged}
    if not policies:
        return []
    retry = next(iter(policies.values())).retry
    for one, label in tx.rollouts.deployed(retry, now - LATELY):
        if one.device in names:
            counts[one.update_id][one.state.value] += 1
            labels[one.update_id] = label
    return [{"update": labels[one], "id": one, **dict(sorted(counts[one].items()))} for one in sorted(counts)]
