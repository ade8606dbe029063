# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin, as Ansible's own tools run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register

BIN = Path(sys.executable).parent
REGISTER = """\
name;address;class;ring;room;seat;mac;unit;criticality;model;always on;managed
PC-017;pc-017.example.com;room;pilot;B-204;3;00-1A-2B-3C-4D-5E;Sales;normal;OptiPlex 7010;no;yes
LT-004;10.20.4.4;laptop;broad;;;00-1A-2B-3C-4D-5F;Sales;normal;Latitude 5440;TRUE;no
"""


def run(folder: Path, tool: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        [BIN / tool, *arguments],
        cwd=folder,
        env={**clean, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def source(folder: Path, text: str = REGISTER, name: str = "fleet.nightshift.yml", **options: Any) -> Path:
    (folder / "register.csv").write_text(text, encoding="utf-8")
    path = folder / name
    path.write_text(yaml.safe_dump({"plugin": "nightshift.fleet.device_register", "path": "register.csv", **options}))
    return path


def listed(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The inventory that ansible-inventory printed; core 2.19 and newer mark text that is never a template."""
    found: dict[str, Any] = json.loads(done.stdout, object_hook=lambda value: value.get("__ansible_unsafe", value))
    return found


def inventory(folder: Path, **options: Any) -> dict[str, Any]:
    done = run(folder, "ansible-inventory", "-i", str(source(folder, **options)), "--list")
    assert done.returncode == 0, done.stderr
    return listed(done)


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
    said = " ".join(done.stderr.split())
    assert "The register has 2 mistakes:" in said
    assert "register.csv: line 3, column address: '10.20.4.444' is not an address;" in said
    assert "register.csv: line 3, column always on: 'sometimes' is neither yes nor no;" in said


def test_mistakes_leave_an_empty_inventory_where_that_is_wished(tmp_path: Path) -> None:
    path = source(tmp_path, REGISTER.replace("laptop", "phone"), fail_run=False)
    done = run(tmp_path, "ansible-inventory", "-i", str(path), "--list")
    assert done.returncode == 0
    assert listed(done)["_meta"]["hostvars"] == {}
    assert "'phone' is not a class" in " ".join(done.stderr.split())


def test_a_register_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, "ansible", "-i", str(source(tmp_path, path="missing.csv")), "all", "--list-hosts")
    assert done.returncode != 0
    assert "missing.csv: cannot be read: no such file or directory" in " ".join(done.stderr.split())


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
    assert "could not be verified by inventory plugin" in " ".join(done.stderr.split())


def test_a_cached_register_is_read_again_once_it_has_changed(tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = inventory(tmp_path, **cache)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_text(kept.read_text().replace("OptiPlex 7010", "from the cache"))
    stamp = (tmp_path / "register.csv").stat().st_mtime_ns
    (tmp_path / "register.csv").write_text(REGISTER)
    os.utime(tmp_path / "register.csv", ns=(stamp, stamp))
    listing = ("-i", str(tmp_path / "fleet.nightshift.yml"), "--list")
    second = listed(run(tmp_path, "ansible-inventory", *listing))
    os.utime(tmp_path / "register.csv", ns=(stamp + 1, stamp + 1))
    third = listed(run(tmp_path, "ansible-inventory", *listing))
    models = [found["_meta"]["hostvars"]["PC-017"]["nightshift_device"]["model"] for found in (first, second, third)]
    assert models == ["OptiPlex 7010", "from the cache", "OptiPlex 7010"]


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
