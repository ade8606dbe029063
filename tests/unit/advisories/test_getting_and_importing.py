# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents from files and from real servers: TLS verified, sizes and times bounded, one broken source alone."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from advisory_scenes import KEV, MONTH, MONTH_JSON, NOW
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.getting import (
    NoSuchDocument,
    Way,
    get,
    shown_source,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.importing import (
    Source,
    State,
    Told,
    import_all,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.problem import AdvisoryError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger
from web_server import Shelf, cut_off, dripping, endless, redirect, status, web_server

SMALL = Way(Limits(megabytes=1), timeout=5)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def plain() -> Iterator[Shelf]:
    with web_server() as shelf:
        yield shelf


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shelf, str]]:
    folder = tmp_path_factory.mktemp("authority")
    with web_server(folder) as shelf:
        yield shelf, str(folder / "ca.pem")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def told(ledger: Ledger, *names: str | Source, way: Way = SMALL) -> list[Told]:
    sources = [name if isinstance(name, Source) else Source(name) for name in names]
    return list(import_all(sources, ledger.begin, way, NOW))


def kbs(ledger: Ledger) -> set[str]:
    with ledger.read() as tx:
        return set(tx.advisories.advice_for(["KB5068861", "KB5068781"]))


def refusal(source: str, way: Way = SMALL) -> str:
    with pytest.raises(AdvisoryError) as refused:
        get(source, way)
    return str(refused.value)


def test_an_authority_of_ones_own_is_trusted_when_it_is_named(secure):
    shelf, authority = secure
    address = shelf.put("/month", MONTH)
    assert get(address, Way(timeout=5, ca_path=authority)).content == MONTH


def test_a_certificate_that_nobody_vouches_for_is_refused(secure):
    shelf, _authority = secure
    assert "certificate" in refusal(shelf.put("/month", MONTH)).lower()


def test_a_certificate_for_another_name_is_refused(secure):
    shelf, authority = secure
    address = shelf.put("/month", MONTH).replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(AdvisoryError):
        get(address, Way(timeout=5, ca_path=authority))


def test_an_authority_that_is_no_file_is_named(secure):
    shelf, _authority = secure
    said = refusal(shelf.put("/month", MONTH), Way(timeout=5, ca_path="/nowhere/ca.pem"))
    assert said == "ca_path: '/nowhere/ca.pem' is no file; name a PEM file of CA certificates"


def test_a_redirect_out_of_tls_is_refused(secure, plain):
    shelf, authority = secure
    address = shelf.put("/month", redirect(plain.put("/month", MONTH)))
    assert "from https to an address that is not protected" in refusal(address, Way(timeout=5, ca_path=authority))


def test_a_redirect_is_followed_otherwise(plain):
    assert get(plain.put("/old", redirect(plain.put("/new", KEV))), SMALL).content == KEV


def test_it_asks_for_json_and_says_who_asks(plain):
    get(plain.put("/month", MONTH), SMALL)
    ((_path, headers),) = plain.asked
    assert headers["Accept"].startswith("application/json")
    assert headers["User-Agent"] == "nightshift.fleet"


def test_it_asks_for_another_kind_of_document_where_told_to(plain):
    get(plain.put("/rooms.ics", b"BEGIN:VCALENDAR"), Way(timeout=5, accept="text/calendar"))
    ((_path, headers),) = plain.asked
    assert headers["Accept"] == "text/calendar"


def test_proxies_of_the_environment_are_used(plain, monkeypatch):
    plain.put("http://guide.invalid/month", MONTH)  # a proxy is asked for the whole address
    monkeypatch.setenv("http_proxy", plain.address)
    assert get("http://guide.invalid/month", SMALL).content == MONTH


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (status(500), "its server answers HTTP 500"),
        (status(403), "its server answers HTTP 403"),
        (status(304), "its server answers HTTP 304"),
        (cut_off(MONTH, 2000), "ended before all of it had come"),
        (endless, "larger than the 1 MB allowed"),
        (b" " * (2**20 + 1), "larger than the 1 MB allowed"),
        (redirect("ftp://127.0.0.1/x"), "cannot be read"),
        (redirect("file:///etc/passwd"), "its server answers HTTP 302"),
    ],
)
def test_what_a_server_does_instead_is_told_in_one_line(plain, item, message):
    said = refusal(plain.put("/month", item))
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_redirect_in_a_circle_ends(plain):
    address = plain.put("/month", b"")
    plain.put("/month", redirect(address))
    assert "302" in refusal(address) or "loop" in refusal(address)


def test_a_length_above_the_limit_is_refused_before_anything_is_read(plain):
    address = plain.put("/month", cut_off(b" " * 500 * 2**20, 10))
    begun = time.monotonic()
    assert "larger than the 1 MB allowed" in refusal(address)
    assert time.monotonic() - begun < 4


def test_a_server_that_drips_does_not_hold_us(plain):
    begun = time.monotonic()
    assert "did not send all of it within 1 s" in refusal(
        plain.put("/month", dripping(10_000, 0.05)), Way(Limits(megabytes=1), timeout=1)
    )
    assert time.monotonic() - begun < 4


def test_a_server_that_is_silent_does_not_hold_us(plain):
    begun = time.monotonic()
    way = Way(Limits(megabytes=1), timeout=1)
    assert "timed out" in refusal(plain.put("/month", lambda handler: time.sleep(3)), way)
    assert time.monotonic() - begun < 3


def test_where_nobody_listens_it_cannot_be_read(plain):
    assert "refused" in refusal("http://127.0.0.1:9/month")


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://x", "http://[", "://x"])
def test_only_web_addresses_are_read_as_addresses(source):
    assert "no address that can be read" in refusal(source)


def test_a_file_is_read_and_an_absent_one_is_told(tmp_path):
    file = tmp_path / "month.xml"
    file.write_bytes(MONTH)
    assert get(str(file), SMALL).content == MONTH
    with pytest.raises(NoSuchDocument):
        get(str(tmp_path / "other.xml"), SMALL)


def test_a_file_of_500_mb_is_refused_without_being_read(tmp_path):
    file = tmp_path / "month.xml"
    with file.open("wb") as handle:
        handle.truncate(500 * 2**20)
    begun = time.monotonic()
    assert refusal(str(file), Way()) == "it is larger than the 32 MB allowed"
    assert time.monotonic() - begun < 1


def test_what_is_no_plain_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refusal(str(tmp_path / "pipe")) == "it is no file"
    assert refusal("/dev/zero") == "it is no file"
    assert "it is no file" in refusal(str(tmp_path)) or "directory" in refusal(str(tmp_path))
    assert "cannot be read" in refusal("a\0b")


def test_no_password_and_no_key_is_ever_shown():
    shown = shown_source("https://user:hunter2@mirror.example/kev?sig=secret&x=1")
    assert shown.startswith("https://mirror.example/kev?[")
    assert "hunter2" not in shown
    assert "secret" not in shown
    assert shown != shown_source("https://mirror.example/kev?sig=other")


def test_a_broken_source_stops_no_other(plain, ledger, tmp_path):
    found = told(
        ledger,
        plain.put("/broken", status(503)),
        plain.put("/html", b"<!DOCTYPE html><html><body>maintenance</body></html>"),
        plain.put("/month", MONTH),
        str(tmp_path / "absent.json"),
        Source(f"{plain.address}/next-month", optional=True),
        plain.put("/kev", gzip.compress(KEV), Content_Encoding="gzip"),
    )
    assert [one.state for one in found] == [
        State.FAILED,
        State.FAILED,
        State.CHANGED,
        State.FAILED,
        State.ABSENT,
        State.CHANGED,
    ]
    assert (
        found[1].text
        == f"{plain.address}/html: it is a web page, not a document of the update guide; nothing was taken from it"
    )
    assert kbs(ledger) == {"KB5068861", "KB5068781"}


@pytest.mark.parametrize(
    "hostile",
    [
        MONTH[:-20],
        MONTH_JSON[:-20],
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + MONTH,
        MONTH.replace(b"2025-12-05T01:36:55", b"never"),
        gzip.compress(b" " * 2**22),
    ],
)
def test_a_document_that_is_refused_changes_nothing(plain, ledger, hostile):
    address = plain.put("/month", MONTH)
    told(ledger, address)
    with ledger.read() as tx:
        before = (tx.advisories.documents(), tx.advisories.imports(), tx.advisories.advice_for(["KB5068861"]))
    plain.put("/month", hostile)
    (found,) = told(ledger, address)
    assert found.state is State.FAILED
    with ledger.read() as tx:
        assert before == (
            tx.advisories.documents(),
            tx.advisories.imports(),
            tx.advisories.advice_for(["KB5068861"]),
        )


def test_a_server_that_knows_the_state_we_have_sends_nothing(plain, ledger):
    address = plain.put("/month", MONTH, ETag='"7"', Last_Modified="Fri, 05 Dec 2025 01:36:55 GMT")
    assert [one.state for one in told(ledger, address)] == [State.CHANGED]
    assert [one.state for one in told(ledger, address)] == [State.UNCHANGED]
    asked = plain.asked[-1][1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"7"', "Fri, 05 Dec 2025 01:36:55 GMT")
    plain.put("/month", MONTH.replace(b"2025-12-05T", b"2025-12-06T").replace(b"5068781", b"5068782"), ETag='"8"')
    assert [one.state for one in told(ledger, address)] == [State.CHANGED]


def test_both_forms_of_a_month_are_one_document(plain, ledger):
    assert [one.state for one in told(ledger, plain.put("/xml", MONTH))] == [State.CHANGED]
    assert [one.state for one in told(ledger, plain.put("/json", MONTH_JSON))] == [State.UNCHANGED]


def test_each_source_may_have_an_authority_of_its_own(plain, secure, ledger):
    shelf, authority = secure
    month = shelf.put("/month", MONTH)
    found = told(ledger, month, Source(month, ca_path=authority), plain.put("/kev", KEV))
    assert [one.state for one in found] == [State.FAILED, State.CHANGED, State.CHANGED]
