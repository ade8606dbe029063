# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The security update guide as XML (CVRF 1.1), one vulnerability held at a time.

No document type and no entity is allowed in it, so none can grow; depth and number of elements are bounded.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from .cvrf import Entry, Month, Remedy, Threat
from .limits import Limits
from .parts import instant_of, plain, shown
from .problem import AdvisoryError
from .values import Bulletin

try:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import XMLParser
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
    reader = _Reader(limits)
    parser = XMLParser(target=reader, forbid_dtd=True)
    try:
        parser.feed(content)  # at once: a parser that gets a long tag in pieces looks at it again and again
        parser.close()
    except DefusedXmlException as hostile:
        if b"<html" in content[:2000].lower():
            raise AdvisoryError("it is a web page, not a document of the update guide") from None
        kind = type(hostile).__name__
        raise AdvisoryError(
            f"it declares a document type or entities ({kind}); no document of the update guide does"
        ) from None
    except (ParseError, LookupError, ValueError) as broken:  # LookupError, ValueError: an encoding nobody knows
        raise AdvisoryError(f"it is not well-formed XML: {plain(str(broken))}") from None
    return reader.month.close(
        reader.identity,
        reader.title,
        instant_of(reader.revised, "DocumentTracking: CurrentReleaseDate"),
        reader.products,
    )


class _Reader:
    """What the parser tells of the document. Holds one child of the document's element at a time."""

    def __init__(self, limits: Limits) -> None:
        self.month = Month(limits)
        self.products: dict[str, str] = {}
        self.identity = self.title = self.revised = ""
        self._limits = limits
        self._depth = self._seen = self._held = 0
        self._builder = TreeBuilder()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth, self._seen, self._held = self._depth + 1, self._seen + 1, self._held + 1
        if self._depth == 1 and tag != _ROOT:
            raise AdvisoryError(
                f"it is no document of the update guide: its element is {shown(tag.rpartition('}')[2])}"
            )
        if self._depth > self._limits.depth:
            raise AdvisoryError(f"its elements are nested more than {self._limits.depth} deep")
        if self._seen > self._limits.parts:
            raise AdvisoryError(f"it has more than {self._limits.parts} elements")
        if self._held > self._limits.entry:
            raise AdvisoryError(f"it has more than {self._limits.entry} elements in one part")
        if self._depth > 1:
            self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        """A piece of text."""
        if self._depth > 1:
            self._builder.data(text)

    def end(self, tag: str) -> None:
        """An element ends; a child of the document's element is whole now."""
        self._depth -= 1
        if self._depth > 0:
            self._builder.end(tag)
        if self._depth == 1:
            self._take(self._builder.close())
            self._builder, self._held = TreeBuilder(), 0

    def close(self) -> None:
        """The document ends."""

    def _take(self, section: Element) -> None:
        if section.tag == f"{_CVRF}DocumentTitle":
            self.title = section.text or ""
        elif section.tag == f"{_CVRF}DocumentTracking":
            self.identity = section.findtext(f"{_CVRF}Identification/{_CVRF}ID") or ""
            self.revised = section.findtext(f"{_CVRF}CurrentReleaseDate") or ""
        elif section.tag == f"{_PROD}ProductTree":
            names = section.iter(f"{_PROD}FullProductName")
            self.products |= {one.get("ProductID", ""): one.text or "" for one in names}
        elif section.tag == f"{_VULN}Vulnerability":
            self.month.add(_entry(section))


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
