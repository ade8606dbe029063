# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin of FOG, as Ansible's own tools run it, against the lab's FOG in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.fog.answers import DOMAIN_PASSWORD, NODE_PASSWORD, PRODUCT_KEY
from lab.fog.server import API_TOKEN, USER_TOKEN
from tests.unit.imaging.fog.fog_scenes import Building, building_with, mac
from tests.unit.inventory.runs import hosts, listed, run, said, variables, write_source

TOKENS = {"NIGHTSHIFT_FOG_API_TOKEN": API_TOKEN, "NIGHTSHIFT_FOG_USER_TOKEN": USER_TOKEN}
SECRETS = (API_TOKEN, USER_TOKEN, NODE_PASSWORD, DOMAIN_PASSWORD, PRODUCT_KEY)


@pytest.fixture(params=["1.5", "1.6"])
def fog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Building]:
    with building_with(tmp_path, request.param) as scene:
        furnish(scene)
        yield scene


@pytest.fixture
def old_fog(tmp_path: Path) -> Iterator[Building]:
    with building_with(tmp_path, "1.5") as scene:
        furnish(scene)
        yield scene


def furnish(fog: Building) -> None:
    """Two groups that are rooms, one that is none, one of a running job, and a PC that nobody has approved."""
    of = fog.id_of
    fog.store.add_group("Room S12", [of("S12-PC01"), of("S12-PC02"), of("S12-PC03")])
    fog.store.add_group("Room S13", [of("S13-PC01")])
    fog.store.add_group("All teachers", [of("S12-PC01"), of("S13-PC02")])
    fog.store.add_group("reimage-s12-20261121T220000Z-0a1b2c", [of("S12-PC01")])
    fog.store.add_host("INTRUDER", ["52:54:00:77:66:66"]).pending = "1"


def source(fog: Building, folder: Path, **options: Any) -> Path:
    wanted = {"url": fog.server.url, "ca_path": str(fog.ca), "room_group": "^Room (.+)$", **options}
    return write_source(folder, "campus.fog.yml", "fog", **wanted)


def test_groups_become_rooms_and_hosts_their_seats(fog: Building, tmp_path: Path) -> None:
    found = listed(tmp_path, source(fog, tmp_path), **TOKENS)
    assert hosts(found, "room_s12") == ["S12-PC01", "S12-PC02", "S12-PC03"]
    assert hosts(found, "room_s13") == ["S13-PC01"]
    assert hosts(found, "rooms") == ["S12-PC01", "S12-PC02", "S12-PC03", "S13-PC01"]
    assert hosts(found, "seat_1") == ["S12-PC01", "S13-PC01"]
    assert found["_meta"]["hostvars"].keys() == {"S12-PC01", "S12-PC02", "S12-PC03", "S13-PC01", "S13-PC02"}
    told = variables(found, "S12-PC01")
    assert told["nightshift_from_fog"] == {
        "id": fog.id_of("S12-PC01"),
        "name": "S12-PC01",
        "room": "S12",
        "seat": "1",
        "mac": mac("S12-PC01"),
        "macs": [mac("S12-PC01")],
        "image": "old",
        "groups": ["All teachers", "Room S12"],
        "pending": False,
    }
    device = told["nightshift_device"]
    assert (device["class"], device["room"], device["seat"], device["mac"], device["managed"], device["ring"]) == (
        "room", "S12", "1", mac("S12-PC01"), True, None,
    )  # fmt: skip
    assert variables(found, "S13-PC02")["nightshift_device"]["class"] is None, "in no room"
    assert fog.server.orders() == [], "FOG is only read"


def test_no_token_and_no_secret_of_fog_is_shown_or_kept(fog: Building, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    path = source(fog, tmp_path, api_token=API_TOKEN, user_token=USER_TOKEN, **cache)
    done = run(tmp_path, "ansible-inventory", "-i", str(path), "--list", "-vvvvv")
    (kept,) = (tmp_path / "cache").iterdir()
    shown = done.stdout + done.stderr + kept.read_text()
    assert "S12-PC01" in done.stdout and "S12-PC01" in kept.read_text()
    assert [secret for secret in SECRETS if secret in shown] == []


def test_with_a_cache_fog_is_asked_once_and_again_when_the_cache_is_flushed(old_fog: Building, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    path = source(old_fog, tmp_path, **cache)
    first = listed(tmp_path, path, **TOKENS)
    asked = len(old_fog.server.asked)
    assert listed(tmp_path, path, **TOKENS) == first
    assert len(old_fog.server.asked) == asked > 0
    old_fog.store.add_host("S12-PC09", ["52:54:00:77:12:09"])
    done = run(tmp_path, "ansible-inventory", "-i", str(path), "--list", "--flush-cache", **TOKENS)
    assert "S12-PC09" in done.stdout and len(old_fog.server.asked) > asked


def test_what_an_earlier_source_said_stays_and_its_spelling_of_a_name_too(old_fog: Building, tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    register.write_text(
        "name,address,class,room,ring,mac,managed\n"
        "s12-pc01.example.org,192.0.2.1,room,S99,pilot,02:00:00:00:00:01,yes\n"
        "s12-pc02,192.0.2.2,room,,,,no\n"
    )
    first = write_source(tmp_path, "10.nightshift.yml", "device_register", path="register.csv")
    found = listed(tmp_path, first, source(old_fog, tmp_path, managed=False), **TOKENS)
    assert "S12-PC01" not in found["_meta"]["hostvars"]
    one, two, new = (variables(found, name) for name in ("s12-pc01.example.org", "s12-pc02", "S12-PC03"))
    assert (one["nightshift_device"]["room"], one["nightshift_device"]["mac"]) == ("S99", "02:00:00:00:00:01")
    assert (one["nightshift_device"]["seat"], one["nightshift_from_fog"]["room"]) == ("1", "S12")
    assert hosts(found, "room_s99") == ["s12-pc01.example.org"]
    assert hosts(found, "room_s12") == ["S12-PC03", "s12-pc02"]
    assert (two["nightshift_device"]["room"], two["nightshift_device"]["managed"]) == ("S12", False)
    assert new["nightshift_device"]["managed"] is False
    assert "S12-PC03" in hosts(found, "unmanaged"), "only FOG knows it, and the source says managed: false"
    only = listed(tmp_path, first, source(old_fog, tmp_path, add_hosts=False), **TOKENS)
    assert only["_meta"]["hostvars"].keys() == {"s12-pc01.example.org", "s12-pc02"}


def test_more_is_constructed_from_what_fog_knows(old_fog: Building, tmp_path: Path) -> None:
    path = source(
        old_fog,
        tmp_path,
        compose={"shelf": "nightshift_device.room ~ '/' ~ nightshift_device.seat"},
        groups={"teachers": "'All teachers' in nightshift_from_fog.groups"},
        keyed_groups=[{"prefix": "image", "key": "nightshift_from_fog.image"}],
        pending=True,
    )
    found = listed(tmp_path, path, **TOKENS)
    assert hosts(found, "teachers") == ["S12-PC01", "S13-PC02"]
    assert "S12-PC01" in hosts(found, "image_old")
    assert variables(found, "S12-PC02")["shelf"] == "S12/2"
    assert variables(found, "INTRUDER")["nightshift_from_fog"]["pending"] is True


def test_mistakes_end_the_run_with_server_host_column_and_value(old_fog: Building, tmp_path: Path) -> None:
    of = old_fog.id_of
    old_fog.store.add_group("Room S14", [of("S13-PC01"), of("S12-PC02")])
    old_fog.store.add_group("Room S 12", [])
    old_fog.store.add_group("Room s 12", [])
    old_fog.store.add_group("{{ lookup('pipe', 'id') }}", [of("S12-PC03")])
    old_fog.store.add_host("A NAME", ["52:54:00:77:00:99"])
    old_fog.store.add_host("s12-PC03", ["53:54:00:77:00:98"])
    done = run(tmp_path, "ansible", "-i", str(source(old_fog, tmp_path)), "all", "--list-hosts", **TOKENS)
    told = said(done)
    assert done.returncode != 0 and "S12-PC01" not in done.stdout
    server = old_fog.server.url
    for line in (
        "FOG has 6 mistakes:",
        "'Room s 12' and 'S 12' both make the group room_s_12; write them alike",
        f"{server}: host 7, column name: 'A NAME' is not a computer name",
        f"{server}: host 8, column mac: '53:54:00:77:00:98' is not the MAC address of one network card",
        f"{server}: host 4, column groups: 'Room S13, Room S14' S13-PC01: in 2 rooms",
        "looks like a template",
    ):
        assert line in told, (line, told)
    quiet = run(
        tmp_path, "ansible", "-i", str(source(old_fog, tmp_path, fail_run=False)), "all", "--list-hosts", **TOKENS
    )
    assert quiet.returncode == 0 and "hosts (0)" in quiet.stdout


@pytest.mark.parametrize(
    ("options", "variables_", "words"),
    [
        ({}, {**TOKENS, "NIGHTSHIFT_FOG_API_TOKEN": "d3Jvbmc="}, "does not take the API token"),
        ({}, {**TOKENS, "NIGHTSHIFT_FOG_USER_TOKEN": "d3Jvbmc="}, "does not take the user"),
        ({"ca_path": None}, TOKENS, "check the address, the certificate"),
        ({"url": "http://127.0.0.1:9/fog"}, TOKENS, "is not https"),
        ({"room_group": "Room ("}, TOKENS, "option room_group: 'Room (' is no regular expression"),
        ({}, {"NIGHTSHIFT_FOG_API_TOKEN": API_TOKEN}, "user_token or user with password, are needed"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    old_fog: Building, tmp_path: Path, options: dict[str, Any], variables_: dict[str, str], words: str
) -> None:
    path = source(old_fog, tmp_path, **options)
    done = run(tmp_path, "ansible", "-i", str(path), "all", "--list-hosts", **variables_)
    assert done.returncode != 0
    told = said(done)
    assert words in told, told
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_redirect_to_the_pages_means_that_the_api_is_off(old_fog: Building, tmp_path: Path) -> None:
    old_fog.store.quirks.api_off = True
    done = run(tmp_path, "ansible", "-i", str(source(old_fog, tmp_path)), "all", "--list-hosts", **TOKENS)
    assert done.returncode != 0 and "API is switched off" in said(done)
