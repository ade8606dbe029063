# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents that are broken, foreign or hostile: one clear error, soon, without much memory."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from advisory_scenes import KEV, MONTH, MONTH_JSON, month
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.problem import AdvisoryError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from hypothesis import example, given
from hypothesis import strategies as st

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">]>
"""
ROOT = MONTH[: MONTH.index(b">") + 1]
END = b"</cvrf:cvrfdoc>"


def changed(content: bytes, **fields: object) -> bytes:
    """Return a JSON document with other fields."""
    return json.dumps(json.loads(content) | fields).encode()


def entry(**fields: object) -> bytes:
    """Return a month whose first vulnerability has other fields."""
    document = json.loads(MONTH_JSON)
    document["Vulnerability"][0] |= fields
    return json.dumps(document).encode()


REFUSED = {
    "nothing": (b"", "it is empty"),
    "blanks": (b" \n\t ", "it is empty"),
    "a text": (b"PK\x03\x04 not a document", "neither XML nor JSON"),
    "a web page": (b"<!DOCTYPE html>\n<html><body>503</body></html>", "it is a web page"),
    "a web page without a type": (b"<html><body>Sign in</body></html>", "its element is 'html'"),
    "a bomb of entities": (BOMB + MONTH, "declares a document type or entities"),
    "an external entity": (
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + MONTH.replace(b"GDI+", b"&e;"),
        "declares a document type or entities",
    ),
    "an external document type": (
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + MONTH,
        "declares a document type",
    ),
    "another XML": (b"<rss><channel/></rss>", "its element is 'rss'"),
    "another namespace": (b'<cvrfdoc xmlns="urn:x"/>', "its element is 'cvrfdoc'"),
    "an unknown encoding": (b'<?xml version="1.0" encoding="klingon"?>' + MONTH, "not well-formed XML"),
    "broken bytes": (MONTH.replace(b"GDI+", b"\xff\xfe"), "not well-formed XML"),
    "an undefined entity": (MONTH.replace(b"GDI+", b"&nbsp;"), "not well-formed XML"),
    "deep nesting": (ROOT + b"<a>" * 5000 + b"</a>" * 5000 + END, "nested more than 32 deep"),
    "many elements at once": (
        ROOT + b"<a>" + b"<b/>" * 100_001 + b"</a>" + END,
        "more than 100000 elements in one part",
    ),
    "no vulnerability": (
        re.sub(rb"(?s)<vuln:Vulnerability .*</vuln:Vulnerability>", b"", MONTH),
        "no vulnerab",
    ),
    "no id": (MONTH.replace(b"2025-Nov", b""), "'' is not the id of a month"),
    "no date": (MONTH.replace(b"2025-12-05T01:36:55", b"soon"), "CurrentReleaseDate: 'soon' is not an instant"),
    "no CVE": (MONTH.replace(b"CVE-2025-60724", b"60724"), "Vulnerability 1: CVE: '60724' is not the id"),
    "a CVE twice": (MONTH.replace(b"CVE-2025-62215", b"CVE-2025-60724"), "CVE-2025-60724: the document lists it twice"),
    "an unknown product": (MONTH.replace(b'ProductID="12097"', b'ProductID="1"'), "product '12097' is not in"),
    "JSON that is deep": (b'{"a":' * 90_000 + b"1" + b"}" * 90_000, "nested too deep"),
    "lists that are deep": (b"[" * 90_000, "nested too deep"),
    "JSON with many values": (b'{"a":[' + b"0," * 1_000_000 + b"0]}", "more values than the 1000000 allowed"),
    "JSON of another kind": (b'{"message": "quota exceeded"}', "it is neither a month"),
    "JSON that is a list": (b"[1, 2]", "not an object"),
    "JSON with numbers that are none": (changed(KEV, count=float("nan")), "NaN is not a number"),
    "JSON with endless digits": (b'{"a": ' + b"9" * 5000 + b"}", "it is not JSON"),
    "JSON in broken bytes": (b'{"a": "\xff"}', "it is not JSON"),
    "vulnerabilities of a wrong type": (
        changed(MONTH_JSON, Vulnerability={"0": {}}),
        "Vulnerability: {'0': {}} is not",
    ),
    "a vulnerability of a wrong type": (
        changed(MONTH_JSON, Vulnerability=["CVE"]),
        "Vulnerability: 'CVE' is not",
    ),
    "threats of a wrong type": (entry(Threats="none"), r"Vulnerability[0].Threats: 'none' is not a list"),
    "a threat without a kind": (entry(Threats=[{}]), r"Vulnerability[0].Threats[0].Type: there is none"),
    "a truth for a number": (entry(Threats=[{"Type": True}]), r"Vulnerability[0].Threats[0].Type: True is not a whole"),
    "products of a wrong type": (
        entry(Remediations=[{"Type": 2, "ProductID": [1]}]),
        "ProductID: 1 is not a list",
    ),
    "a title of a wrong type": (entry(Title={"Value": ["x"]}), "Title.Value: ['x'] is not a text"),
    "a catalogue that lost entries": (changed(KEV, count=3), "the catalogue says 3 entries and lists 2"),
    "an empty catalogue": (changed(KEV, vulnerabilities=[], count=0), "says 0 entries and lists 0"),
    "a catalogue with other ids": (
        KEV.replace(b"CVE-2025-62215", b"GHSA-1"),
        "[0].cveID: 'GHSA-1' is not",
    ),
    "a catalogue with a CVE twice": (
        KEV.replace(b"CVE-2025-48384", b"CVE-2025-62215"),
        "is listed twice",
    ),
    "a catalogue with other dates": (KEV.replace(b"2025-12-03", b"12/3/2025"), "dueDate: '12/3/2025' is not a date"),
    "a catalogue without a date": (changed(KEV, dateReleased=None), "dateReleased: '' is not an instant"),
    "a broken package": (gzip.compress(MONTH)[:-30] + b"\0" * 30, "packed with gzip"),
    "a package that ends early": (gzip.compress(MONTH)[:-9], "ends too early"),
    "a package in a package": (gzip.compress(gzip.compress(MONTH)), "neither XML nor JSON"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_document_is_refused_with_one_clear_line(name):
    content, message = REFUSED[name]
    with pytest.raises(AdvisoryError) as refused:
        read_document(content, Limits())
    assert message in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 300


def test_a_document_above_the_limit_is_refused_before_it_is_read():
    large = b"{" + b" " * (2 * 1024 * 1024) + b"}"
    with pytest.raises(AdvisoryError, match="larger than the 1 MB allowed"):
        read_document(large, Limits(megabytes=1))


def test_a_limit_may_be_raised():
    large = MONTH + b" " * (2 * 1024 * 1024)
    assert month(large, megabytes=3) == month()


HOSTILE_IN_LITTLE_MEMORY = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.problem import AdvisoryError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
content = open(sys.argv[1], "rb").read()
try:
    read_document(content, Limits())
except AdvisoryError as refused:
    print(refused)
"""


def attributes(count: int) -> bytes:
    """Return as many attributes of an element."""
    return b" ".join(b'a%d=""' % number for number in range(count))


def bomb(start: bytes, megabytes: int) -> bytes:
    """Return a gzip file of a few KB that unpacks to many megabytes."""
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(start) + b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(lambda: bomb(b"{", 200), "larger than the 32 MB allowed", id="a gzip bomb"),
        pytest.param(
            lambda: ROOT + b"<a>" + b"<b/>" * 8_000_000, "more than 100000 elements in one part", id="32 MB of elements"
        ),
        pytest.param(lambda: ROOT + b"<a/>" * 8_000_000, "more than 1000000 elements", id="32 MB of sections"),
        pytest.param(lambda: b'{"a":[' + b"[]," * 10_000_000, "more values than", id="30 MB of lists"),
        pytest.param(lambda: b'{"a":"' + b"\\u20ac" * 5_000_000, "not JSON", id="30 MB of one text"),
        pytest.param(lambda: ROOT + b"\n" * 31_000_000, "not well-formed", id="31 MB of lines of XML"),
        pytest.param(lambda: ROOT + b"x" * 31_000_000, "not well-formed", id="31 MB of one text of XML"),
        pytest.param(lambda: ROOT + b"<a " + attributes(2_000_000), "not well-formed", id="attributes"),
    ],
)
def test_hostile_documents_do_not_fill_the_memory(tmp_path: Path, content, message):
    file = tmp_path / "document"
    file.write_bytes(content())
    command = [sys.executable, "-c", HOSTILE_IN_LITTLE_MEMORY, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert message in done.stdout, done.stderr[-2000:]


FORMS = st.sampled_from([MONTH, MONTH_JSON, KEV, gzip.compress(MONTH, mtime=0)])


def read(content: bytes) -> object | None:
    """Return what a document says, None when it is refused as it should be: with one line, and no other exception."""
    try:
        return read_document(content, Limits())
    except AdvisoryError as refused:
        message = str(refused)
    assert message
    assert len(message.splitlines()) == 1
    return None


@given(FORMS, st.data())
def test_a_truncated_document_is_refused_or_says_the_same(content, data):
    found = read(content[: data.draw(st.integers(0, len(content)))])
    assert found is None or found == read(content)


@given(FORMS, st.data())
def test_a_damaged_document_is_refused_or_read_and_nothing_else(content, data):
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    read(content[:start] + data.draw(st.binary(max_size=20)) + content[end:])


@given(st.sampled_from([b"", b"{", b"<", b"\x1f\x8b", ROOT]), st.binary(max_size=300))
@example(b"", b"\x1f\x8b")
@example(b"", b"\xff\xfe")
@example(b"", b"\xef\xbb\xbf")
def test_any_bytes_are_refused_or_read_and_nothing_else(start, content):
    read(start + content)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def _places(value, path=()):
    """Yield the path of every value of a JSON document."""
    yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _places(inner, (*path, key))


PLACES = {content: list(_places(json.loads(content)))[1:] for content in (MONTH_JSON, KEV)}


@given(st.sampled_from([MONTH_JSON, KEV]), st.data(), _VALUES)
def test_any_value_in_any_place_of_a_json_document_is_refused_or_read(content, data, value):
    document = json.loads(content)
    *way, last = data.draw(st.sampled_from(PLACES[content]))
    holder = document
    for key in way:
        holder = holder[key]
    holder[last] = value
    shown = repr(read(json.dumps(document).encode()))
    assert "\\x00" not in shown
    assert "\\ud8" not in shown
