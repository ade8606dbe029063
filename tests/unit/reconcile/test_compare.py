# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is found where sources differ, and what is none of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.compare import compare
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.document import as_data, files, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.model import (
    Answer,
    Claim,
    Expectation,
    Kind,
    Known,
    ReconcileError,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.reading import expectations, known
from hypothesis import given
from hypothesis import strategies as st

A, B, C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
MONDAY = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)


def claim(source: str, *macs: str, room: str | None = None) -> Claim:
    return Claim(source, "pc", room, frozenset(macs))


def device(host: str, *claims: Claim | str, answer: str = "", of: str | None = None) -> Known:
    told = tuple(one if isinstance(one, Claim) else claim(one) for one in claims)
    return Known(host, told, of, Answer(answer, MONDAY) if answer else None)


def everywhere(host: str) -> Known:
    return device(host, "ad", "fog", "register")


def found(*devices: Known, expect: tuple[Expectation, ...] = ()) -> list[tuple[str, str]]:
    return [(one.kind.value, one.host) for one in compare(devices, expect).findings]


def text(*devices: Known) -> str:
    (one,) = compare(devices, ()).findings
    return one.text


def test_devices_that_all_sources_know_alike_are_no_finding() -> None:
    same = device("pc-1", claim("register", A, room="B-204"), claim("fog", A, B, room="b 204"), claim("ad"), "ledger")
    assert compare([same, everywhere("pc-2")], ()).findings == ()


@pytest.mark.parametrize("source", ["register", "fog", "ad"])
def test_a_device_that_one_source_alone_knows_is_told(source: str) -> None:
    assert found(everywhere("pc-1"), device("pc-2", source, "ledger")) == [("one_source", "pc-2")]


def test_a_device_that_has_left_all_sources_but_the_ledger_is_told() -> None:
    assert found(everywhere("pc-1"), device("pc-2", "ledger")) == [("one_source", "pc-2")]


def test_a_host_of_no_source_is_none_of_our_business() -> None:
    assert found(everywhere("pc-1"), device("jump-host")) == []


def test_with_one_source_nothing_is_missing_elsewhere_and_that_is_said() -> None:
    told = compare([device("pc-1", "register", "ledger")], ())
    assert told.findings == ()
    assert told.notes == ("only one source (register): which devices others lack is not known",)


def test_what_is_in_fog_and_not_in_the_directory_is_told_by_default() -> None:
    told = compare([everywhere("pc-1"), device("pc-2", "fog", "register"), device("pc-3", "ad", "register")])
    assert [(one.kind, one.host, one.text) for one in told.findings] == [
        (Kind.MISSING, "pc-2", "in fog, and not in ad")
    ]


def test_what_is_expected_can_be_of_one_class_only() -> None:
    rule = Expectation("register", "fog", "room")
    hosts = [everywhere("pc-1"), device("pc-2", "ad", "register", of="room"), device("pc-3", "ad", "register")]
    assert found(*hosts, expect=(rule,)) == [("missing", "pc-2")]


def test_an_expectation_of_a_source_that_was_not_read_is_a_note_and_no_finding_for_each_device() -> None:
    told = compare([device("pc-1", "fog", "register")])
    assert told.findings == ()
    assert told.notes == ("fog was not compared with ad, which knows no host of the inventory",)


def test_a_source_that_is_required_and_silent_is_an_error() -> None:
    with pytest.raises(ReconcileError, match="source ad: no host of the inventory has nightshift_from_ad"):
        compare([device("pc-1", "fog", "register")], required=["fog", "ad"])


def test_macs_differ_when_two_sources_share_none() -> None:
    assert found(device("pc-1", claim("register", A), claim("fog", B, C), claim("ad"))) == [("mac", "pc-1")]
    assert found(device("pc-1", claim("register", A), claim("fog", A, B), claim("ad", B))) == [("mac", "pc-1")]


def test_rooms_differ_by_what_they_are_and_not_by_how_they_are_spelled() -> None:
    one, other = claim("register", room="B-204"), claim("fog", room="B-205")
    assert found(device("pc-1", one, other)) == [("room", "pc-1")]
    assert found(device("pc-1", one, claim("fog"))) == []


def test_a_mac_of_two_devices_is_told_once() -> None:
    first = device("pc-1", claim("register", A), claim("fog", A))
    second = device("pc-2", claim("register", B), claim("fog", B, A))
    assert found(first, second) == [("shared_mac", "pc-1")]
    assert text(first, second) == f"its MAC address {A} is that of pc-2 too"


def test_one_computer_under_two_spellings_is_told_as_that_and_not_as_unknown_to_others() -> None:
    assert found(device("pc-1", "register"), device("PC-1.example.org", "ad")) == [("spelling", "PC-1.example.org")]


@pytest.mark.parametrize("name", ["PC-1", "pc-1.example.org", ""])
def test_a_device_that_answers_by_its_name_is_no_finding(name: str) -> None:
    assert found(device("pc-1", "ad", "register", answer=name)) == []


def test_a_device_that_answers_by_another_name_is_told_with_whose_name_that_is() -> None:
    wrong = device("pc-1", "ad", "register", answer="PC-2")
    assert text(wrong) == "answered as PC-2 on 2026-11-23 16:05 UTC"
    assert text(wrong, everywhere("pc-2")) == "answered as PC-2 on 2026-11-23 16:05 UTC, which is the name of pc-2"


def test_what_a_source_says_is_read_from_its_variable() -> None:
    read = known(
        "pc-1",
        {
            "nightshift_from_ad": {"name": "PC-1", "room": " B-204 ", "mac": "00-1A-2B-3C-4D-5E", "macs": ["x", None]},
            "nightshift_from_cmdb": None,
            "nightshift_device": {"class": "room"},
            "ansible_host": "192.0.2.1",
        },
    )
    assert read.claims == (Claim("ad", "PC-1", "B-204", frozenset({"00:1a:2b:3c:4d:5e"}), ("x",)),)
    assert read.device_class == "room"
    assert found(read) == [("unreadable", "pc-1")]


def test_a_variable_that_is_no_dictionary_is_refused_with_its_name() -> None:
    with pytest.raises(ReconcileError, match="host pc-1: nightshift_from_ad: 'yes' is no dictionary"):
        known("pc-1", {"nightshift_from_ad": "yes"})


@pytest.mark.parametrize("entry", [{"known_to": "fog"}, {"known_to": "fog", "also": "ad"}, "fog"])
def test_an_expectation_that_says_too_little_is_refused_with_its_place(entry: object) -> None:
    with pytest.raises(ReconcileError, match=r"expect\[1\]: "):
        expectations([{"known_to": "fog", "also_to": "ad"}, entry])


def test_the_documents_hold_every_finding_with_what_each_source_said() -> None:
    told = compare([device("=pc", claim("register", room="B-1"), claim("fog", room="B-2")), device("pc-2", "fog")], ())
    assert lines(told) == [
        "2 hosts; known to: fog 2, register 1",
        "2 findings: one_source 1, room 1",
        "  one_source  pc-2  only fog knows it; not in register (fog: pc)",
        "  room        =pc   sources have it in different rooms (register: B-1; fog: B-2)",
    ]
    written = files(told)
    assert json.loads(written["reconcile.json"]) == as_data(told)
    assert written["reconcile.csv"].splitlines() == [
        "kind,host,text,said",
        "one_source,pc-2,only fog knows it; not in register,fog: pc",
        "room,'=pc,sources have it in different rooms,register: B-1; fog: B-2",
    ]


_claims = st.builds(
    Claim,
    st.sampled_from(["register", "fog", "ad", "ledger"]),
    st.just("pc"),
    st.sampled_from([None, "B-204", "b 204", "B-205"]),
    st.frozensets(st.sampled_from([A, B, C])),
)
_devices = st.lists(
    st.builds(
        Known,
        st.sampled_from(["pc-1", "PC-1", "pc-1.example.org", "pc-2", "pc-3"]),
        st.lists(_claims, max_size=4, unique_by=lambda one: one.source).map(tuple),
        st.sampled_from([None, "room"]),
        st.sampled_from([None, Answer("pc-2", MONDAY), Answer("PC-1", MONDAY)]),
    ),
    max_size=5,
    unique_by=lambda one: one.host,
)


@given(_devices)
def test_the_order_of_hosts_and_of_sources_decides_nothing(devices: list[Known]) -> None:
    turned = [Known(one.host, one.claims[::-1], one.device_class, one.answer) for one in devices[::-1]]
    kinds = sorted((one.kind, one.host) for one in compare(devices).findings)
    assert kinds == sorted((one.kind, one.host) for one in compare(turned).findings)


@given(st.integers(1, 5))
def test_devices_known_alike_to_every_source_are_never_told(count: int) -> None:
    alike = [
        Known(f"pc-{n}", tuple(claim(source, room="B-204") for source in ("ad", "fog", "register")))
        for n in range(count)
    ]
    assert compare(alike).findings == ()
