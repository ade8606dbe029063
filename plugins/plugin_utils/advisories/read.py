# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kind of document it is, and what it says."""

from __future__ import annotations

import zlib

from .cvrf_json import is_cvrf, read_cvrf_json
from .cvrf_xml import read_cvrf_xml
from .json_document import read_json
from .kev import is_catalogue, read_catalogue
from .limits import Limits
from .problem import AdvisoryError
from .values import Bulletin, Catalogue

_GZIP = b"\x1f\x8b"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks


def read_document(content: bytes, limits: Limits) -> Bulletin | Catalogue:
    """Read a month of the security update guide (XML or JSON) or the catalogue of exploited vulnerabilities.

    A document may be packed with gzip. Raises AdvisoryError, and nothing else, for whatever else it is.
    """
    document = unpacked(content, limits)
    if len(document) > limits.size:
        raise AdvisoryError(f"it is larger than the {limits.megabytes} MB allowed")
    start = document[:64].removeprefix(_MARKS[0]).lstrip()
    if not start:
        raise AdvisoryError("it is empty")
    if start.startswith((b"<", *_MARKS[1:])):
        return read_cvrf_xml(document, limits)
    if not start.startswith((b"{", b"[")):
        raise AdvisoryError("it is neither XML nor JSON")
    found = read_json(document, limits)
    if is_cvrf(found):
        return read_cvrf_json(found, limits)
    if is_catalogue(found):
        return read_catalogue(found)
    raise AdvisoryError("it is neither a month of the security update guide nor a catalogue of exploited ones")


def unpacked(content: bytes, limits: Limits) -> bytes:
    """Return what is in a gzip file, never more of it than one byte above the limit; anything else as it is."""
    if not content.startswith(_GZIP):
        return content
    packer = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = packer.decompress(content, limits.size + 1)
    except zlib.error as broken:
        raise AdvisoryError(f"it is packed with gzip and cannot be unpacked: {broken}") from None
    if len(found) <= limits.size and not packer.eof:
        raise AdvisoryError("it is packed with gzip and ends too early")
    return found
