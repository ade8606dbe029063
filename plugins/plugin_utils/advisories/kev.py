# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CISA's catalogue of known exploited vulnerabilities (JSON)."""

from __future__ import annotations

from .json_document import JsonObject
from .parts import cve_of, date_of, instant_of, plain
from .problem import AdvisoryError
from .values import Catalogue, ExploitedCve


def is_catalogue(document: JsonObject) -> bool:
    """Tell whether a document is such a catalogue."""
    return "catalogVersion" in document and "vulnerabilities" in document


def read_catalogue(document: JsonObject) -> Catalogue:
    """Read the catalogue. Raises AdvisoryError."""
    entries: dict[str, ExploitedCve] = {}
    for one in document.objects("vulnerabilities"):
        found = _entry(one)
        if entries.setdefault(found.cve, found) is not found:
            raise AdvisoryError(f"{one.place('cveID')}: {found.cve} is listed twice")
    count = document.number("count")
    if not entries or (count is not None and count != len(entries)):
        raise AdvisoryError(f"count: the catalogue says {count} entries and lists {len(entries)}")
    return Catalogue(
        plain(document.text("catalogVersion")),
        instant_of(document.text("dateReleased"), "dateReleased"),
        tuple(entries[cve] for cve in sorted(entries)),
    )


def _entry(one: JsonObject) -> ExploitedCve:
    return ExploitedCve(
        cve_of(one.text("cveID"), one.place("cveID")),
        plain(one.text("vendorProject")),
        plain(one.text("product")),
        plain(one.text("vulnerabilityName")),
        date_of(one.text("dateAdded"), one.place("dateAdded")),
        date_of(one.text("dueDate"), one.place("dueDate")),
        one.text("knownRansomwareCampaignUse").strip().lower() == "known",
    )
