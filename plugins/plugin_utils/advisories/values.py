# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a document says, as frozen values. CVE ids look like ``CVE-2025-62215``, KBs like ``KB5068861``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..planner.model import Severity


@dataclass(frozen=True, slots=True)
class CveFact:
    """One vulnerability. ``severity``: the most severe rating over all products; None where there is none."""

    cve: str
    title: str = ""
    severity: Severity | None = None
    exploited: bool = False
    disclosed: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """One KB on one product.

    ``severity``: the most severe rating of ``cves`` on this product. ``restart``: None is "maybe", or nothing said.
    ``builds``: of Windows (``26100``) that the KB fixes on this product. ``url``: the vendor's page on the KB.
    """

    kb: str
    product: str
    severity: Severity | None = None
    cves: tuple[str, ...] = ()
    restart: bool | None = None
    supersedes: tuple[str, ...] = ()
    builds: tuple[int, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A month of Microsoft's security update guide: ``id`` is ``2025-Nov``. All instants are aware."""

    id: str
    title: str
    revised: datetime
    cves: tuple[CveFact, ...]
    fixes: tuple[Fix, ...]


@dataclass(frozen=True, slots=True)
class ExploitedCve:
    """One entry of a catalogue of known exploited vulnerabilities. ``due``: the date until which to mend it."""

    cve: str
    vendor: str = ""
    product: str = ""
    name: str = ""
    added: date | None = None
    due: date | None = None
    ransomware: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """CISA's catalogue of known exploited vulnerabilities, whole: what is not in it is not in it any more."""

    version: str
    revised: datetime
    entries: tuple[ExploitedCve, ...]
