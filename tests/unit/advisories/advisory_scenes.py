# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents that the tests of advisories share, and the update guide's XML in its JSON form."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.values import Bulletin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity

HERE = Path(__file__).parent
# A few vulnerabilities of that month with a few of their products: the facts are real, the month is not whole.
MONTH = (HERE / "documents" / "2025-nov.xml").read_bytes()
MONTH_JSON = (HERE / "documents" / "2025-nov.json").read_bytes()
KEV = (HERE / "documents" / "kev.json").read_bytes()
NOW = datetime(2025, 12, 6, 9, tzinfo=UTC)

# A folder with the real months msrc-cvrf-2025-Nov.xml, -2025-Dec.xml, -2026-Feb.xml and cisa-kev.json.
DATA = Path(os.environ.get("NIGHTSHIFT_VENDOR_DATA", "/nonexistent"))
REAL_MONTHS = ("2025-Nov", "2025-Dec", "2026-Feb")

CVRF = "{http://www.icasi.org/CVRF/schema/cvrf/1.1}"
PROD = "{http://www.icasi.org/CVRF/schema/prod/1.1}"
VULN = "{http://www.icasi.org/CVRF/schema/vuln/1.1}"
THREATS = {"Impact": 0, "Exploit Status": 1, "Target Set": 2, "Severity": 3}
REMEDIATIONS = {"Vendor Fix": 2, "Known Issue": 5, "Release Notes": 6}


@dataclass(frozen=True)
class Cumulative:
    """A row of cumulative_updates.csv: ``cve`` is one with the worst rating of all that the KB mends in that month."""

    month: str
    kb: str
    severity: Severity
    cve: str
    cves: int
    exploited: bool
    builds: tuple[int, ...]


def cumulative_updates() -> list[Cumulative]:
    """Read the facts of the three real months, as the security update guide has them."""
    with (HERE / "cumulative_updates.csv").open(newline="") as file:
        return [
            Cumulative(
                row["month"],
                row["kb"],
                Severity(row["severity"].lower()),
                row["cve"],
                int(row["cves"]),
                row["exploited"] == "yes",
                tuple(int(build) for build in row["builds"].split()),
            )
            for row in csv.DictReader(file)
        ]


def month(content: bytes = MONTH, **limits: int) -> Bulletin:
    """Read a month."""
    found = read_document(content, Limits(**limits))
    assert isinstance(found, Bulletin)
    return found


def as_json(xml: bytes) -> bytes:
    """Return a month in the form in which the guide's API gives it as application/json."""
    root = ElementTree.fromstring(xml)
    tracking = root.find(f"{CVRF}DocumentTracking")
    identity = tracking.findtext(f"{CVRF}Identification/{CVRF}ID")
    return json.dumps(
        {
            "DocumentTitle": {"Value": root.findtext(f"{CVRF}DocumentTitle")},
            "DocumentType": {"Value": root.findtext(f"{CVRF}DocumentType")},
            "DocumentTracking": {
                "Identification": {"ID": {"Value": identity}, "Alias": {"Value": identity}},
                "Status": 2,
                "Version": "1.0",
                "InitialReleaseDate": tracking.findtext(f"{CVRF}InitialReleaseDate"),
                "CurrentReleaseDate": tracking.findtext(f"{CVRF}CurrentReleaseDate"),
            },
            "ProductTree": {
                "Branch": [{"Items": [], "Type": 0, "Name": "Microsoft"}],
                "FullProductName": [
                    {"ProductID": one.get("ProductID"), "Value": one.text}
                    for one in root.iterfind(f"{PROD}ProductTree/{PROD}FullProductName")
                ],
            },
            "Vulnerability": [_vulnerability(one) for one in root.iterfind(f"{VULN}Vulnerability")],
        },
        indent=1,
    ).encode()


def _vulnerability(one: ElementTree.Element) -> dict[str, Any]:
    return {
        "Title": _value(one.findtext(f"{VULN}Title")),
        "DiscoveryDateSpecified": False,
        "ReleaseDateSpecified": False,
        "CVE": one.findtext(f"{VULN}CVE"),
        "Threats": [
            {
                "Description": _value(threat.findtext(f"{VULN}Description")),
                "ProductID": _products(threat),
                "Type": THREATS[threat.get("Type", "")],
                "DateSpecified": False,
            }
            for threat in one.iterfind(f"{VULN}Threats/{VULN}Threat")
        ],
        "Remediations": [_remediation(each) for each in one.iterfind(f"{VULN}Remediations/{VULN}Remediation")],
        "Ordinal": one.get("Ordinal"),
    }


def _remediation(one: ElementTree.Element) -> dict[str, Any]:
    return {
        "Description": _value(one.findtext(f"{VULN}Description")),
        "URL": one.findtext(f"{VULN}URL"),
        "Supercedence": one.findtext(f"{VULN}Supercedence"),
        "ProductID": _products(one),
        "Type": REMEDIATIONS[one.get("Type", "")],
        "DateSpecified": False,
        "AffectedFiles": [],
        "RestartRequired": _value(one.findtext(f"{VULN}RestartRequired")),
        "SubType": one.findtext(f"{VULN}SubType"),
        "FixedBuild": one.findtext(f"{VULN}FixedBuild"),
    }


def _products(one: ElementTree.Element) -> list[str | None] | None:
    return [each.text for each in one.iterfind(f"{VULN}ProductID")] or None


def _value(text: str | None) -> dict[str, str]:
    return {"Value": text} if text else {}
