# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What follows from all that was published about a KB. A pure computation; :mod:`advisories` reads its result.

Several documents may speak of one KB (a CVE that was published later), and a KB may mend several products.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from ..advisories.system import ANY, systems_of_product
from ..advisories.values import Fix
from ..planner.fleet import Advice
from ..planner.severity import most_severe

Place = tuple[str, str]  # a KB, and a system or ANY


@dataclass(frozen=True, slots=True)
class Exploited:
    """Which vulnerabilities are exploited, and until which date they are to be mended, where an authority says so."""

    cves: frozenset[str] = frozenset()
    due: Mapping[str, date] = field(default_factory=dict)


def derive(
    fixes: Iterable[Fix], exploited: Exploited, known: Mapping[Place, Advice], now: datetime
) -> dict[Place, Advice]:
    """Return the advice on every KB, for any system and for each system that it is made for.

    ``known``: the advice so far; what is exploited there keeps the instant since which it is known.
    """
    by_kb: dict[str, list[Fix]] = {}
    for fix in fixes:
        by_kb.setdefault(fix.kb, []).append(fix)
    chosen = {place: found for kb, said in by_kb.items() for place, found in _places(kb, said)}
    direct = {place: frozenset(old for fix in found for old in fix.supersedes) for place, found in chosen.items()}
    return {
        place: _advice(place, found, _older(place, direct), exploited, known.get(place), now)
        for place, found in chosen.items()
    }


def _places(kb: str, said: Iterable[Fix]) -> Iterator[tuple[Place, list[Fix]]]:
    """Yield what is said of ``kb`` on any system, and on each one."""
    every = list(said)
    yield (kb, ANY), every
    builds: dict[str, set[int]] = {}
    for fix in every:  # one document may name a build of a product that another one leaves out
        builds.setdefault(fix.product, set()).update(fix.builds)
    systems = {product: systems_of_product(product, found) for product, found in builds.items()}
    for system in sorted(frozenset().union(*systems.values())):
        yield (kb, system), [fix for fix in every if system in systems[fix.product]]


def _older(place: Place, direct: Mapping[Place, frozenset[str]]) -> frozenset[str]:
    """Return the KBs that this one replaces on this system, directly and through others."""
    kb, system = place
    found: set[str] = set()
    waiting = [kb]
    while waiting:
        one = waiting.pop()
        fresh = direct.get((one, system), direct.get((one, ANY), frozenset())) - found
        found |= fresh
        waiting += fresh
    return frozenset(found - {kb})


def _advice(
    place: Place,
    said: list[Fix],
    older: frozenset[str],
    exploited: Exploited,
    known: Advice | None,
    now: datetime,
) -> Advice:
    cves = sorted({cve for fix in said for cve in fix.cves})
    is_exploited = not exploited.cves.isdisjoint(cves)
    since = known.exploited_since if known is not None and known.exploited_since is not None else now
    restarts = {fix.restart for fix in said}
    dates = [exploited.due[cve] for cve in cves if cve in exploited.due]
    return Advice(
        kb=place[0],
        severity=most_severe(fix.severity for fix in said if fix.severity is not None),
        cves=tuple(cves),
        exploited=is_exploited,
        restart_required=True if True in restarts else False if restarts == {False} else None,
        supersedes=tuple(sorted(older)),
        bulletin=next((fix.url for fix in said if fix.url), ""),
        due=end_of(min(dates)) if dates else None,
        exploited_since=since if is_exploited else None,
    )


def end_of(day: date) -> datetime:
    """Return the last second of a day, in UTC: authorities give dates without a zone."""
    return datetime.combine(day, time(23, 59, 59), UTC)
