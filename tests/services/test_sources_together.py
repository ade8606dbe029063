# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One fleet from four sources: a real Active Directory, a real PostgreSQL, the lab's FOG and a ledger."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device

from lab.fog.server import API_TOKEN, USER_TOKEN
from tests.services import samba_ad
from tests.services.campus_directory import Computer, ldif
from tests.unit.imaging.fog.fog_scenes import building_with, mac
from tests.unit.inventory.runs import hosts, listed, run, said, variables
from tests.unit.ledger.ledger_scenes import report

pytest.importorskip("sansldap", reason="microsoft.ad.ldap needs the Python library sansldap")

INVENTORIES = Path(__file__).parents[2] / "inventories"
SOURCES = INVENTORIES / "sources"
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
ROOM = "OU=S12,OU=Rooms"
SECRETS = (samba_ad.PASSWORD, API_TOKEN, USER_TOKEN)
# S12-PC01 is known alike everywhere. S12-PC02: another room and card in FOG. S12-PC03: in FOG, not in the directory.
DIRECTORY = (
    Computer("S12-PC01", ROOM, mac("S12-PC01").replace(":", "-"), "pilot"),
    Computer("S12-PC02", ROOM, department="Physics"),
    Computer("S13-PC01", "OU=S13,OU=Rooms"),
    Computer("LT-001", "OU=Laptops", ring="broad"),
    Computer("NEWCOMER", "OU=Desktops"),
    Computer("STRAY", ""),
    Computer("RETIRED", "OU=Desktops", disabled=True),
)
REGISTER = (
    ("S12-PC01", "192.0.2.1", "room", None, "S12", mac("S12-PC01"), True),
    ("S12-PC02", "192.0.2.2", "room", "broad", "S12", "02:00:00:00:00:02", True),
    ("S12-PC03", "192.0.2.3", "room", None, "S12", mac("S12-PC03"), True),
    ("S13-PC01", "192.0.2.4", "room", None, "S13", None, True),
    ("LT-001", "192.0.2.5", "laptop", "late", None, None, True),
    ("FORGOTTEN", "192.0.2.6", "desktop", None, None, None, False),
)
FINDINGS = {
    ("one_source", "FORGOTTEN"), ("one_source", "NEWCOMER"), ("one_source", "STRAY"), ("one_source", "S13-PC02"),
    ("one_source", "GONE"), ("missing", "S12-PC03"), ("mac", "S12-PC02"), ("room", "S12-PC02"),
    ("other_name", "S13-PC01"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Campus:
    """The four sources. ``variables``: the environment that names them; ``ledger``: its URL."""

    variables: dict[str, str]
    ledger: str


@pytest.fixture(scope="module")
def directory() -> Iterator[samba_ad.Directory]:
    """A domain controller, one for the tests of this module."""
    if why := samba_ad.missing():
        pytest.skip(why)
    with samba_ad.in_memory(ldif(DIRECTORY)) as running:
        yield running


@pytest.fixture
def campus(directory: samba_ad.Directory, new_database: Callable[[], str], tmp_path: Path) -> Iterator[Campus]:
    """All four, and what they disagree about."""
    register, ledger = new_database(), new_database()
    fill_register(register)
    fill_ledger(ledger)
    with fog(tmp_path) as of_fog:
        names = {**directory.variables(), **of_fog, "NIGHTSHIFT_REGISTER_URL": register, "NIGHTSHIFT_LEDGER": ledger}
        yield Campus(names, ledger)


@contextmanager
def fog(folder: Path) -> Iterator[dict[str, str]]:
    """FOG has S12-PC02 in the other room, and S13-PC02, which nobody else knows."""
    with building_with(folder, "1.5") as building:
        of = building.id_of
        building.store.add_group("Room S12", [of("S12-PC01"), of("S12-PC03")])
        building.store.add_group("Room S13", [of("S12-PC02"), of("S13-PC01"), of("S13-PC02")])
        yield {
            "NIGHTSHIFT_FOG_URL": building.server.url,
            "NIGHTSHIFT_FOG_CA": str(building.ca),
            "NIGHTSHIFT_FOG_API_TOKEN": API_TOKEN,
            "NIGHTSHIFT_FOG_USER_TOKEN": USER_TOKEN,
        }


def fill_register(url: str) -> None:
    """The table that the example's query reads."""
    with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as conn:
        conn.exec_driver_sql(
            "CREATE TABLE devices (name text, address inet, class text, ring text, room text, seat integer, "
            "mac macaddr, unit text, criticality text, model text, always_on boolean, managed boolean, "
            "responsible text)"
        )
        for row in REGISTER:
            conn.exec_driver_sql(
                "INSERT INTO devices (name, address, class, ring, room, mac, managed) VALUES (%s,%s,%s,%s,%s,%s,%s)",
                row,
            )


def fill_ledger(url: str) -> None:
    """What patrols saw: a PC that answers by another name, and one that has left every source."""
    with open_ledger(url).begin() as tx:
        tx.enrol([Device(name, "desktop", room="S12") for name in ("S12-PC01", "S13-PC01", "GONE")], NOW)
        for name, answered in (("S12-PC01", "S12-PC01"), ("S13-PC01", "S13-PC99")):
            told = {"computer_name": answered, "boot_time": "2026-11-23T08:00:00Z", "power": "ac", "users": []}
            tx.record_report(name, report(device=told), NOW + timedelta(minutes=5))


def test_the_directory_alone_gives_class_room_and_ring(directory: samba_ad.Directory, tmp_path: Path) -> None:
    found = listed(tmp_path, INVENTORIES / "directory", **directory.variables())
    assert hosts(found, "rooms") == ["S12-PC01", "S12-PC02", "S13-PC01"]
    assert hosts(found, "room_s12") == ["S12-PC01", "S12-PC02"]
    assert hosts(found, "ring_pilot") == ["S12-PC01"]
    assert hosts(found, "laptops") == hosts(found, "ring_broad") == ["LT-001"]
    assert "RETIRED" not in found["_meta"]["hostvars"] and "DC1" not in found["_meta"]["hostvars"]
    pc = variables(found, "S12-PC01")
    assert pc["ansible_host"] == "s12-pc01.example.org"
    assert pc["nightshift_device"]["class"] == "room"
    assert variables(found, "STRAY")["nightshift_device"]["class"] is None


def test_four_sources_become_one_inventory_and_each_stays_tellable(campus: Campus, tmp_path: Path) -> None:
    graph = run(tmp_path, "ansible-inventory", "-i", str(SOURCES), "--graph", "-vvvv", **campus.variables)
    assert graph.returncode == 0, graph.stderr
    assert not [secret for secret in SECRETS if secret in graph.stdout + graph.stderr]
    for line in ("@room_s12:", "@ring_pilot:", "@laptops:", "@never_seen:", "@unmanaged:", "|--S13-PC02", "|--GONE"):
        assert line in graph.stdout
    found = listed(tmp_path, SOURCES, **campus.variables)
    told = {host: known(variables(found, host)) for host in found["_meta"]["hostvars"]}
    assert told == {
        "S12-PC01": {"ad", "register", "fog", "ledger"},
        "S12-PC02": {"ad", "register", "fog"},
        "S12-PC03": {"register", "fog"},
        "S13-PC01": {"ad", "register", "fog", "ledger"},
        "S13-PC02": {"fog"},
        "LT-001": {"ad", "register"},
        "FORGOTTEN": {"register"},
        "NEWCOMER": {"ad"},
        "STRAY": {"ad"},
        "GONE": {"ledger"},
    }
    first = variables(found, "S12-PC01")
    assert (first["ansible_host"], first["nightshift_device"]["ring"], first["nightshift_device"]["seat"]) == (
        "192.0.2.1", "pilot", "1",
    ), "the address of the register, the ring of the directory, the seat of FOG"  # fmt: skip
    assert variables(found, "LT-001")["nightshift_device"]["ring"] == "late", "the register decides"
    assert variables(found, "S12-PC02")["nightshift_device"]["unit"] == "Physics"
    assert hosts(found, "ring_pilot") == ["S12-PC01"] and hosts(found, "ring_broad") == ["S12-PC02"]
    assert hosts(found, "room_s12") == ["S12-PC01", "S12-PC02", "S12-PC03"], "FOG does not move a PC of the register"
    assert hosts(found, "unmanaged") == ["FORGOTTEN", "GONE", "NEWCOMER", "S13-PC02", "STRAY"]


def known(of_host: dict[str, object]) -> set[str]:
    return {name.removeprefix("nightshift_from_") for name in of_host if name.startswith("nightshift_from_")}


def test_what_the_sources_disagree_about_is_reported_and_nothing_is_changed(campus: Campus, tmp_path: Path) -> None:
    dest = tmp_path / "told"
    play = ["nightshift.fleet.reconcile", "-i", str(SOURCES), "-e", f"nightshift_reconcile_dest={dest}"]
    play += ["-e", f"nightshift_ledger={campus.ledger}", "-e", "{nightshift_reconcile_sources: [ad, register, fog]}"]
    rehearsal = run(tmp_path, "ansible-playbook", *play, "--check", **campus.variables)
    assert rehearsal.returncode == 0, rehearsal.stdout + rehearsal.stderr
    assert "answered as S13-PC99" in rehearsal.stdout and not dest.exists()

    done = run(tmp_path, "ansible-playbook", *play, "--limit", "S12-PC01", **campus.variables)
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((dest / "reconcile.json").read_text())
    assert {(one["kind"], one["host"]) for one in written["findings"]} == FINDINGS
    assert written["sources"] == {"ad": 6, "fog": 5, "ledger": 3, "register": 6}
    with (dest / "reconcile.csv").open(newline="") as file:
        assert {(row["kind"], row["host"]) for row in csv.DictReader(file)} == FINDINGS
    again = run(tmp_path, "ansible-playbook", *play, **campus.variables)
    assert "changed=0" in again.stdout

    strict = run(
        tmp_path, "ansible-playbook", *play, "-e", "{nightshift_reconcile_fail_on: [missing]}", **campus.variables
    )
    assert strict.returncode == 2 and "1 of these findings end the run" in strict.stdout


def test_a_directory_that_does_not_answer_ends_the_comparison(campus: Campus, tmp_path: Path) -> None:
    play = ["nightshift.fleet.reconcile", "-i", str(SOURCES), "-e", "{nightshift_reconcile_sources: [ad, fog]}"]
    done = run(tmp_path, "ansible-playbook", *play, **{**campus.variables, "MICROSOFT_AD_LDAP_PASSWORD": "wrong"})
    assert done.returncode == 2 and "no host of the inventory has nightshift_from_ad" in done.stdout
    assert "INVALID_CREDENTIALS" in said(done)
