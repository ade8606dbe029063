# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Microsoft's security update guide (CVRF 1.1) means, whichever form it came in.

A month lists vulnerabilities; each has threats (ratings, whether it is exploited) and remediations (KBs) per product.
Here that is turned round: which KB mends what, how severe, on which product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..planner.model import Severity
from ..planner.severity import most_severe
from .limits import Limits
from .parts import address, cve_of, kb_of, kbs_in, plain, rating, shown, windows_build
from .problem import AdvisoryError
from .values import Bulletin, CveFact, Fix


@dataclass(frozen=True, slots=True)
class Threat:
    """A statement about a vulnerability on some products; none named: on all. ``kind``: ``SEVERITY`` or ``EXPLOIT``."""

    kind: str
    text: str
    products: tuple[str, ...] = ()


SEVERITY = "Severity"
EXPLOIT = "Exploit Status"
FIX = "Vendor Fix"
NOTES = "Release Notes"
_ANY = "any product"  # for a fix that names none


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remediation. ``name``: the number of a KB, or ``Click to Run`` ...; of ``NOTES`` it is in ``subject``."""

    kind: str
    name: str = ""
    subject: str = ""
    url: str = ""
    supersedes: str = ""
    restart: str = ""
    build: str = ""
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One vulnerability as the document has it."""

    cve: str
    title: str
    threats: tuple[Threat, ...] = ()
    remedies: tuple[Remedy, ...] = ()


@dataclass(slots=True)
class _Fixed:
    """What is gathered about one KB on one product."""

    ratings: set[Severity] = field(default_factory=set)
    cves: set[str] = field(default_factory=set)
    restarts: set[str] = field(default_factory=set)
    supersedes: dict[str, None] = field(default_factory=dict)
    builds: set[int] = field(default_factory=set)
    url: str = ""


@dataclass(slots=True)
class Month:
    """Gathers the vulnerabilities of one document as they are read. Its methods raise AdvisoryError."""

    limits: Limits
    cves: dict[str, CveFact] = field(default_factory=dict)
    _fixed: dict[tuple[str, str], _Fixed] = field(default_factory=dict)
    _pages: dict[str, str] = field(default_factory=dict)
    _kept: int = 0

    def add(self, entry: Entry) -> None:
        """Take in one vulnerability."""
        cve = cve_of(entry.cve, f"Vulnerability {len(self.cves) + 1}: CVE")
        everywhere, by_product = _ratings(entry.threats)
        said = [one.text for one in entry.threats if one.kind == EXPLOIT]
        fact = CveFact(
            cve,
            plain(entry.title),
            most_severe([*everywhere, *(one for found in by_product.values() for one in found)]),
            exploited=any(_says(text, "Exploited") for text in said),
            disclosed=any(_says(text, "Publicly Disclosed") for text in said),
        )
        if self.cves.setdefault(cve, fact) is not fact:
            raise AdvisoryError(f"{cve}: the document lists it twice")
        for remedy in entry.remedies:
            if remedy.kind == NOTES and (kb := kb_of(remedy.subject)) and (page := address(remedy.url)):
                self._pages.setdefault(kb, page)
            if remedy.kind == FIX and (kb := kb_of(remedy.name)):
                for product in remedy.products or (_ANY,):
                    here = self._fixed.setdefault((kb, product), _Fixed())
                    named = list(by_product) if product == _ANY else [product]
                    here.ratings.update(everywhere, *(by_product.get(one, ()) for one in named))
                    self._add_fix(here, cve, remedy)

    def _add_fix(self, here: _Fixed, cve: str, remedy: Remedy) -> None:
        here.cves.add(cve)
        here.restarts.add(remedy.restart.strip().lower())
        here.supersedes |= dict.fromkeys(kbs_in(remedy.supersedes))
        build = windows_build(remedy.build)
        here.builds |= {build} if build else set()
        here.url = here.url or address(remedy.url)
        self._kept += 1
        if self._kept > self.limits.parts:
            raise AdvisoryError(f"{cve}: more than {self.limits.parts} fixes; that is no month of updates")

    def close(self, identity: str, title: str, revised: datetime, products: Mapping[str, str]) -> Bulletin:
        """Return the whole month, with the names of ``products`` for their ids."""
        if not self.cves:
            raise AdvisoryError("the document lists no vulnerability")
        merged: dict[tuple[str, str], list[_Fixed]] = {}
        for (kb, product), found in self._fixed.items():
            name = plain(products.get(product, "")) if product != _ANY else _ANY
            if not name:
                raise AdvisoryError(f"{kb}: product {shown(product)} is not in the document's ProductTree")
            merged.setdefault((kb, name), []).append(found)
        fixes = tuple(self._fix(kb, name, found) for (kb, name), found in sorted(merged.items()))
        cves = tuple(self.cves[cve] for cve in sorted(self.cves))
        return Bulletin(_identity(identity), plain(title), revised, cves, fixes)

    def _fix(self, kb: str, product: str, found: Iterable[_Fixed]) -> Fix:
        """Return what is said of ``kb`` under all ids that ``product`` has."""
        all_ids = list(found)
        is_windows = product.lower().startswith("windows ")
        return Fix(
            kb,
            product,
            most_severe(one for each in all_ids for one in each.ratings),
            tuple(sorted({cve for each in all_ids for cve in each.cves})),
            _restart({word for each in all_ids for word in each.restarts}),
            tuple(sorted({old for each in all_ids for old in each.supersedes} - {kb})),
            tuple(sorted({build for each in all_ids for build in each.builds})) if is_windows else (),
            self._pages.get(kb) or next((each.url for each in all_ids if each.url), ""),
        )


def _ratings(threats: Iterable[Threat]) -> tuple[set[Severity], dict[str, set[Severity]]]:
    """Return the ratings for every product, and those by product."""
    everywhere: set[Severity] = set()
    by_product: dict[str, set[Severity]] = {}
    for threat in threats:
        found = rating(threat.text) if threat.kind == SEVERITY else None
        if found is None:
            continue
        if not threat.products:
            everywhere.add(found)
        for product in threat.products:
            by_product.setdefault(product, set()).add(found)
    return everywhere, by_product


def _says(text: str, question: str) -> bool:
    """Return whether ``Publicly Disclosed:No;Exploited:Yes;...`` answers ``question`` with yes."""
    answers = (part.partition(":") for part in text[:1000].split(";"))
    return any(name.strip() == question and answer.strip().lower() == "yes" for name, _colon, answer in answers)


def _restart(words: set[str]) -> bool | None:
    """Return yes when one vulnerability says yes, no when all say no, else None (maybe)."""
    return True if "yes" in words else False if words == {"no"} else None


def _identity(text: str) -> str:
    found = plain(text)
    if not found or len(found) > 64 or not found.isascii():
        raise AdvisoryError(f"DocumentTracking: {shown(text)} is not the id of a month, like 2025-Nov")
    return found
