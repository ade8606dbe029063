# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vendors and authorities say about what a device lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time

from ..advisories.system import ANY
from ..advisories.values import ExploitedCve
from ..ledger import Reader
from ..ledger.advice_rows import end_of
from ..planner.fleet import Advice
from ..planner.model import DeviceState


def advice_on(tx: Reader, state: DeviceState) -> Mapping[str, Advice]:
    """Return, by KB, what was published about the updates that the device lacks, or has and waits to restart for.

    One query; a second one where Windows Update names CVEs of an update whose KBs no document knows.
    """
    waiting = (*state.missing, *state.awaiting_restart)
    kbs = {kb for update in waiting for kb in update.kbs}
    if not kbs:
        return {}
    advice = tx.advisories.advice_for(kbs, state.observation.system if state.observation else ANY)
    unknown = [one for one in waiting if one.cves and advice.keys().isdisjoint(one.kbs)]
    listed = tx.advisories.exploited(cve for one in unknown for cve in one.cves) if unknown else {}
    for update in unknown:
        exploited = [listed[cve] for cve in update.cves if cve in listed]
        if exploited:
            advice |= {kb: _warning(kb, update.cves, exploited) for kb in update.kbs}
    return advice


def _warning(kb: str, cves: tuple[str, ...], exploited: Iterable[ExploitedCve]) -> Advice:
    """Return what the catalogue of exploited vulnerabilities alone says about a KB: no rating."""
    entries = list(exploited)
    dues = [one.due for one in entries if one.due is not None]
    added = [one.added for one in entries if one.added is not None]
    return Advice(
        kb,
        cves=cves,
        exploited=True,
        due=end_of(min(dues)) if dues else None,
        exploited_since=datetime.combine(min(added), time(), UTC) if added else None,
    )
