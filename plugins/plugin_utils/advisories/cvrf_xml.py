# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The security update guide as XML (CVRF 1.1), read one vulnerability at a time.

No document type and no entity is allowed in it, so none can grow; depth and number of elements are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from .cvrf import Entry, Month, Remedy, Threat
from .limits import Limits
from .parts import instant_of, plain, shown
from .problem import AdvisoryError
from .values import Bulletin

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element
try:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse
except ImportError:
    HAS_DEFUSEDXML = False
else:
    HAS_DEFUSEDXML = True

_CVRF = "{http://www.icasi.org/CVRF/schema/cvrf/1.1}"
_PROD = "{http://www.icasi.org/CVRF/schema/prod/1.1}"
_VULN = "{http://www.icasi.org/CVRF/schema/vuln/1.1}"
_ROOT = f"{_CVRF}cvrfdoc"


def read_cvrf_xml(content: bytes, limits: Limits) -> Bulletin:
    """Read one month. Raises AdvisoryError."""
    if not HAS_DEFUSEDXML:
        raise AdvisoryError("reading XML safely needs the Python library defusedxml on the controller; install it")
    month, products = Month(limits), dict[str, str]()
    identity = title = revised = ""
    try:
        for section in _sections(content, limits):
            if section.tag == f"{_CVRF}DocumentTitle":
                title = section.text or ""
            elif section.tag == f"{_CVRF}DocumentTracking":
                identity = section.findtext(f"{_CVRF}Identification/{_CVRF}ID") or ""
                revised = section.findtext(f"{_CVRF}CurrentReleaseDate") or ""
            elif section.tag == f"{_PROD}ProductTree":
                products |= {
                    one.get("ProductID", ""): one.text or "" for one in section.iter(f"{_PROD}FullProductName")
                }
            elif section.tag == f"{_VULN}Vulnerability":
                month.add(_entry(section))
    except DefusedXmlException as hostile:
        page = b"<html" in content[:2000].lower()
        kind = type(hostile).__name__
        raise AdvisoryError(
            "it is a web page, not a document of the update guide"
            if page
            else f"it declares a document type or entities ({kind}); no document of the update guide does"
        ) from None
    except (ParseError, LookupError, ValueError) as broken:  # LookupError, ValueError: an encoding nobody knows
        raise AdvisoryError(f"it is not well-formed XML: {plain(str(broken))}") from None
    return month.close(identity, title, instant_of(revised, "DocumentTracking: CurrentReleaseDate"), products)


def _sections(content: bytes, limits: Limits) -> Iterator[Element]:
    """Yield each child of the document's element when it is whole; it is empty again at the next step."""
    depth = seen = held = 0
    root: Element | None = None
    for event, element in iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            depth, seen, held = depth + 1, seen + 1, held + 1
            if root is None:
                root = element
                if element.tag != _ROOT:
                    name = element.tag.rpartition("}")[2]
                    raise AdvisoryError(f"it is no document of the update guide: its element is {shown(name)}")
            if depth > limits.depth:
                raise AdvisoryError(f"its elements are nested more than {limits.depth} deep")
            if seen > limits.parts or held > limits.entry:
                raise AdvisoryError(
                    f"it has more elements than the {limits.parts} (in one part {limits.entry}) allowed"
                )
            continue
        depth -= 1
        if depth == 1 and root is not None:
            yield element
            root.clear()
            held = 0


def _entry(vulnerability: Element) -> Entry:
    return Entry(
        vulnerability.findtext(f"{_VULN}CVE") or "",
        vulnerability.findtext(f"{_VULN}Title") or "",
        tuple(
            Threat(one.get("Type", ""), one.findtext(f"{_VULN}Description") or "", _products(one))
            for one in vulnerability.iterfind(f"{_VULN}Threats/{_VULN}Threat")
        ),
        tuple(_remedy(one) for one in vulnerability.iterfind(f"{_VULN}Remediations/{_VULN}Remediation")),
    )


def _remedy(remediation: Element) -> Remedy:
    def text(name: str) -> str:
        return remediation.findtext(f"{_VULN}{name}") or ""

    return Remedy(
        remediation.get("Type", ""),
        text("Description"),
        text("SubType"),
        text("URL"),
        text("Supercedence"),
        text("RestartRequired"),
        text("FixedBuild"),
        _products(remediation),
    )


def _products(element: Element) -> tuple[str, ...]:
    return tuple((one.text or "").strip() for one in element.iterfind(f"{_VULN}ProductID"))
