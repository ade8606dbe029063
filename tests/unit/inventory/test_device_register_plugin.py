# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin, as Ansible's own tools run it."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register

from tests.unit.inventory.runs import hosts, listed, read, run, said, variables, write_source

REGISTER = """\
name;address;class;ring;room;seat;mac;unit;criticality;model;always on;managed
PC-017;pc-017.example.com;room;pilot;B-204;3;00-1A-2B-3C-4D-5E;Sales;normal;OptiPlex 7010;no;yes
LT-004;10.20.4.4;laptop;broad;;;00-1A-2B-3C-4D-5F;Sales;normal;Latitude 5440;TRUE;no
"""


def source(folder: Path, text: str = REGISTER, name: str = "fleet.nightshift.yml", **options: Any) -> Path:
    (folder / "register.csv").write_text(text, encoding="utf-8")
    path = folder / name
    path.write_text(yaml.safe_dump({"plugin": "nightshift.fleet.device_register", "path": "register.csv", **options}))
    return path


def inventory(folder: Path, **options: Any) -> dict[str, Any]:
    return listed(folder, source(folder, **options))


def test_a_register_becomes_hosts_variables_and_groups(tmp_path: Path) -> None:
    found = inventory(tmp_path)
    variables = found["_meta"]["hostvars"]
    assert variables["PC-017"]["ansible_host"] == "pc-017.example.com"
    assert variables["PC-017"]["nightshift_device"] == {
        "class": "room",
        "ring": "pilot",
        "room": "B-204",
        "seat": "3",
        "mac": "00:1a:2b:3c:4d:5e",
        "unit": "Sales",
        "criticality": "normal",
        "model": "OptiPlex 7010",
        "always_on": False,
        "managed": True,
        "responsible": None,
        "exposure": None,
        "impact": None,
        "extra": {},
    }
    groups = {name: group["hosts"] for name, group in found.items() if "hosts" in group}
    assert groups == {
        "rooms": ["PC-017"],
        "laptops": ["LT-004"],
        "ring_pilot": ["PC-017"],
        "ring_broad": ["LT-004"],
        "room_b_204": ["PC-017"],
        "unit_sales": ["PC-017", "LT-004"],
        "model_optiplex_7010": ["PC-017"],
        "model_latitude_5440": ["LT-004"],
        "criticality_normal": ["PC-017", "LT-004"],
        "seat_3": ["PC-017"],
        "managed": ["PC-017"],
        "always_on": ["LT-004"],
        "unmanaged": ["LT-004"],
    }


def test_more_variables_and_groups_are_composed(tmp_path: Path) -> None:
    found = inventory(
        tmp_path,
        compose={"ansible_winrm_scheme": "'http' if nightshift_device.class == 'room' else 'https'"},
        groups={"sales_laptops": "nightshift_device.class == 'laptop' and nightshift_device.unit == 'Sales'"},
        keyed_groups=[{"prefix": "seat", "key": "nightshift_device.seat or 'none'"}],
    )
    assert found["_meta"]["hostvars"]["PC-017"]["ansible_winrm_scheme"] == "http"
    assert found["sales_laptops"]["hosts"] == ["LT-004"]
    assert found["seat_3"]["hosts"] == ["PC-017"]


def test_mistakes_end_the_run_and_add_no_host(tmp_path: Path) -> None:
    broken = REGISTER.replace("10.20.4.4", "10.20.4.444").replace("TRUE", "sometimes")
    path = source(tmp_path, broken)
    done = run(tmp_path, "ansible", "-i", str(path), "all", "--list-hosts")
    assert done.returncode != 0
    assert "PC-017" not in done.stdout
    told = said(done)
    assert "The register has 2 mistakes:" in told
    assert "register.csv: line 3, column address: '10.20.4.444' is not an address;" in told
    assert "register.csv: line 3, column always on: 'sometimes' is neither yes nor no;" in told


def test_mistakes_leave_an_empty_inventory_where_that_is_wished(tmp_path: Path) -> None:
    path = source(tmp_path, REGISTER.replace("laptop", "phone"), fail_run=False)
    done = run(tmp_path, "ansible-inventory", "-i", str(path), "--list")
    assert done.returncode == 0
    assert read(done)["_meta"]["hostvars"] == {}
    assert "'phone' is not a class" in said(done)


def test_a_register_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, "ansible", "-i", str(source(tmp_path, path="missing.csv")), "all", "--list-hosts")
    assert done.returncode != 0
    assert "missing.csv: cannot be read: no such file or directory" in said(done)


@pytest.mark.parametrize(
    "name", ["a.nightshift.yml", "a.nightshift.yaml", "device_register.yml", "my_device_register.yaml"]
)
def test_a_source_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, "ansible", "-i", str(source(tmp_path, name=name)), "all", "--list-hosts")
    assert "hosts (2)" in done.stdout, done.stderr


def test_another_name_is_declined(tmp_path: Path) -> None:
    path = source(tmp_path, name="hosts.yml")
    done = run(
        tmp_path, "ansible", "-i", str(path), "all", "--list-hosts", ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1"
    )
    assert done.returncode != 0
    assert "could not be verified by inventory plugin" in said(done)


def test_a_cached_register_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(tmp_path, **cache)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(kept.read_text().replace("OptiPlex 7010", "from the cache"))
    stamp = (tmp_path / "register.csv").stat().st_mtime_ns
    (tmp_path / "register.csv").write_text(REGISTER)
    os.utime(tmp_path / "register.csv", ns=(stamp, stamp))
    listing = ("-i", str(tmp_path / "fleet.nightshift.yml"), "--list")
    second = read(run(tmp_path, "ansible-inventory", *listing))
    os.utime(tmp_path / "register.csv", ns=(stamp + 1, stamp + 1))
    third = read(run(tmp_path, "ansible-inventory", *listing))
    models = [found["_meta"]["hostvars"]["PC-017"]["nightshift_device"]["model"] for found in (first, second, third)]
    assert models == ["OptiPlex 7010", "from the cache", "OptiPlex 7010"]


def assets(folder: Path) -> Path:
    """A database of assets beside the source."""
    database = folder / "assets.sqlite"
    with sqlite3.connect(database) as conn:
        conn.execute("CREATE TABLE pcs (host, ip, kind, owner)")
        conn.execute("INSERT INTO pcs VALUES ('PC-017', '192.0.2.17', 'desktop', 'Ada'), ('x', 'y', 'phone', '')")
    conn.close()
    return database


SQL = "SELECT host AS name, ip AS address, kind AS class, owner AS responsible FROM pcs WHERE kind <> 'phone'"


def test_a_query_becomes_hosts_and_its_cache_outlives_the_database(tmp_path: Path) -> None:
    database = assets(tmp_path)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    path = write_source(tmp_path, "a.nightshift.yml", "device_register", query=SQL, source="assets", **cache)
    url = {"NIGHTSHIFT_REGISTER_URL": f"sqlite:///{database}"}
    found = listed(tmp_path, path, **url)
    assert hosts(found, "responsible_ada") == hosts(found, "desktops") == ["PC-017"]
    assert variables(found, "PC-017")["nightshift_from_assets"] == {
        "name": "PC-017",
        "class": "desktop",
        "ring": None,
        "room": None,
        "seat": None,
        "mac": None,
    }
    database.unlink()
    assert listed(tmp_path, path, **url) == found
    done = run(tmp_path, "ansible-inventory", "-i", str(path), "--list", "--flush-cache", **url)
    assert done.returncode != 0 and "there is no such database file" in said(done)


def test_mistakes_of_a_query_end_the_run_with_row_column_and_value(tmp_path: Path) -> None:
    query = SQL.partition(" WHERE")[0]
    url = f"sqlite:///{assets(tmp_path)}"
    path = write_source(tmp_path, "a.nightshift.yml", "device_register", query=query, url=url)
    done = run(tmp_path, "ansible", "-i", str(path), "all", "--list-hosts")
    assert done.returncode != 0 and "PC-017" not in done.stdout
    assert "row 2, column class: 'phone' is not a class" in said(done)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "no register is named; give path, or url and query"),
        ({"path": "register.csv", "query": "SELECT 1"}, "a register is a file or the answer of a query"),
        ({"path": "register.csv", "source": "Our CMDB"}, "'Our CMDB' is no name of a source"),
    ],
)
def test_a_source_that_names_no_register_is_refused(tmp_path: Path, options: dict[str, str], words: str) -> None:
    (tmp_path / "register.csv").write_text(REGISTER)
    path = write_source(tmp_path, "a.nightshift.yml", "device_register", **options)
    done = run(tmp_path, "ansible", "-i", str(path), "all", "--list-hosts")
    assert done.returncode != 0 and words in said(done)


def test_the_columns_that_make_groups_can_be_chosen(tmp_path: Path) -> None:
    found = inventory(tmp_path, group_by=["room", "mac"])
    assert {name for name, group in found.items() if group.get("hosts")} == {
        "room_b_204",
        "mac_00_1a_2b_3c_4d_5e",
        "mac_00_1a_2b_3c_4d_5f",
        "unmanaged",
    }


@pytest.mark.parametrize("name", ["register.csv", "register.yml"])
def test_ten_thousand_devices_are_read_in_three_seconds_of_processor_time(tmp_path: Path, name: str) -> None:
    columns = ("name", "address", "class", "ring", "room", "seat", "mac", "unit", "criticality", "model", "always_on")
    rows = [
        f"PC-{n},10.0.{n >> 8}.{n & 255},room,broad,B-{n % 400},{n % 30},02:00:00:00:{n >> 8:02x}:{n & 255:02x},"
        f"Unit {n % 60},normal,OptiPlex {n % 25},no"
        for n in range(10_000)
    ]
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("\n".join((",".join(columns), *rows)))
    else:
        cells = (zip(columns, row.split(","), strict=True) for row in rows)
        path.write_text("".join(f"- {{{', '.join(f'{column}: {cell}' for column, cell in row)}}}\n" for row in cells))
    began = time.process_time()
    assert len(read_register(path)) == 10_000
    assert time.process_time() - began < 3
