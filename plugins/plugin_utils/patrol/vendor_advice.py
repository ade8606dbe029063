# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vendors and authorities say about what a device lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta

from ..advisories.system import ANY
from ..advisories.values import ExploitedCve
from ..ledger import Reader
from ..ledger.advice_rows import end_of
from ..planner.fleet import Advice
from ..planner.model import DeviceState, Update
from ..planner.vendors import AGENT

# How long an entry of the catalogue concerns the updates of its product: see docs/vendors.md.
RECENT = timedelta(days=90)
# CISA names the engine, "Google Chromium V8", where the product that people install is the browser.
_PRODUCTS = {"chromium": "chrome"}


def advice_on(tx: Reader, state: DeviceState, now: datetime) -> Mapping[str, Advice]:
    """Return, by KB, what was published about the updates that the device lacks, or has and waits to restart for.

    One query; a second one where Windows Update names CVEs of an update whose KBs no document knows; a third one for
    packages of other vendors, whose KB is the package's name.
    """
    waiting = (*state.missing, *state.awaiting_restart)
    packages = [update for update in waiting if update.provider != AGENT]
    kbs = {kb for update in waiting if update.provider == AGENT for kb in update.kbs}
    found = _advice_on_windows(tx, state, kbs, waiting) if kbs else {}
    return found | _advice_on_packages(tx, packages, now) if packages else found


def _advice_on_packages(tx: Reader, packages: Iterable[Update], now: datetime) -> dict[str, Advice]:
    """Return what the catalogue says of products: it knows vendor and product, and no version."""
    listed = tx.advisories.exploited_since((now - RECENT).date())
    found: dict[str, Advice] = {}
    for update in packages:
        entries = [one for one in listed if concerns(one, update)]
        if entries:
            cves = tuple(one.cve for one in entries)
            found |= {kb: _warning(kb, cves, entries) for kb in update.kbs}
    return found


def concerns(entry: ExploitedCve, update: Update) -> bool:
    """Whether a catalogue entry is about the product of a package: the same vendor, and one of the products named."""
    if not update.vendor or _letters(entry.vendor) != _letters(update.vendor):
        return False
    product = _letters(update.product)
    named = (_letters(part) for part in re.split(r",|/|\band\b", entry.product))
    return any(name and (name in product or _alias(name) in product) for name in named)


def _alias(name: str) -> str:
    return next((product for engine, product in _PRODUCTS.items() if name.startswith(engine)), name)


def _letters(name: str) -> str:
    """Return a name's letters and digits in small: ``7-Zip`` and ``7zip`` are one."""
    return "".join(one for one in name.casefold() if one.isalnum())


def _advice_on_windows(tx: Reader, state: DeviceState, kbs: set[str], waiting: Iterable[Update]) -> dict[str, Advice]:
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
