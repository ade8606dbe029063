# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The security update guide as JSON: the same fields as in XML, with numbers for the kinds of things."""

from __future__ import annotations

from .cvrf import EXPLOIT, FIX, NOTES, SEVERITY, Entry, Month, Remedy, Threat
from .json_document import JsonObject
from .limits import Limits
from .parts import instant_of
from .problem import AdvisoryError
from .values import Bulletin

_THREATS = {1: EXPLOIT, 3: SEVERITY}  # 0: impact, 2: target set
_FIX = 2  # of remediations: 0 workaround, 1 mitigation, 3 none available, 4 will not fix, then known issues, notes


def is_cvrf(document: JsonObject) -> bool:
    """Tell whether a document is a month of the update guide."""
    return "DocumentTracking" in document and "Vulnerability" in document


def read_cvrf_json(document: JsonObject, limits: Limits) -> Bulletin:
    """Read one month. Raises AdvisoryError."""
    tracking = document.object("DocumentTracking")
    tree = document.object("ProductTree")
    products = {one.text("ProductID"): one.text("Value") for one in tree.objects("FullProductName")}
    month = Month(limits)
    for one in document.objects("Vulnerability"):
        month.add(_entry(one))
    return month.close(
        tracking.object("Identification").value("ID"),
        document.value("DocumentTitle"),
        instant_of(tracking.text("CurrentReleaseDate"), tracking.place("CurrentReleaseDate")),
        products,
    )


def _entry(vulnerability: JsonObject) -> Entry:
    return Entry(
        vulnerability.text("CVE"),
        vulnerability.value("Title"),
        tuple(
            Threat(_THREATS.get(_kind(one), ""), one.value("Description"), one.texts("ProductID"))
            for one in vulnerability.objects("Threats")
        ),
        tuple(_remedy(one) for one in vulnerability.objects("Remediations")),
    )


def _remedy(remediation: JsonObject) -> Remedy:
    name, subject = remediation.value("Description"), remediation.text("SubType")
    is_fix = _kind(remediation) == _FIX
    return Remedy(
        FIX if is_fix else NOTES if not name else "",  # notes on a KB have its number as their subject, and no name
        name,
        subject,
        remediation.text("URL"),
        remediation.text("Supercedence"),
        remediation.value("RestartRequired"),
        remediation.text("FixedBuild"),
        remediation.texts("ProductID"),
    )


def _kind(one: JsonObject) -> int:
    found = one.number("Type")
    if found is None:
        raise AdvisoryError(f"{one.place('Type')}: there is none; it is a number")
    return found
