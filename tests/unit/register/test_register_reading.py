# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a register says becomes values, whatever it was written with."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device, Exposure
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import group_part, groups_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import COLUMNS, Row, to_device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.source import Layout
from hypothesis import given
from hypothesis import strategies as st

FULL = Row(
    line=2,
    name="PC-017",
    address="pc-017.example.com",
    device_class="desktop",
    ring="pilot",
    room="B-204",
    seat="3",
    mac="10:11:22:33:44:55",
    unit="Sales",
    criticality="normal",
    model="OptiPlex 7010",
    always_on=True,
    managed=False,
    responsible="ada@example.com",
    exposure="internet",
    impact="low",
)
CELLS = {
    "name": "PC-017",
    "address": "PC-017.Example.com",
    "class": "Desktop",
    "ring": "pilot",
    "room": "B-204",
    "seat": "3",
    "mac": "10:11:22:33:44:55",
    "unit": "Sales",
    "criticality": "normal",
    "model": "OptiPlex 7010",
    "always_on": "yes",
    "managed": "FALSE",
    "responsible": "ada@example.com",
    "exposure": "Internet",
    "impact": "low",
}


def read(
    tmp_path: Path, text: str | bytes, name: str = "register.csv", layout: Layout | None = None
) -> tuple[Row, ...]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_register(path, layout)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_with_any_delimiter_line_end_and_byte_order_mark(
    tmp_path: Path, delimiter: str, newline: str, mark: str
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=newline).writerows([CELLS.keys(), CELLS.values()])
    assert read(tmp_path, mark + out.getvalue()) == (FULL,)


def test_yaml_means_the_same_bare_or_under_devices_and_needs_no_quotes(tmp_path: Path) -> None:
    device = "".join(f"\n    {column}: {value}" for column, value in CELLS.items())
    assert read(tmp_path, f"devices:\n  -{device}\n", "register.yml") == (replace(FULL, line=3),)
    assert read(tmp_path, f"---\n-{device}\n", "register.yaml") == (replace(FULL, line=3),)


def test_json_is_a_kind_of_yaml_and_may_stand_on_one_line(tmp_path: Path) -> None:
    second = {**CELLS, "name": "PC-018", "address": "10.0.0.18", "mac": ""}
    rows = read(tmp_path, json.dumps([CELLS, second]), "register.json")
    assert [row.name for row in rows] == ["PC-017", "PC-018"]


def test_a_spreadsheet_of_western_windows_is_read_with_its_encoding(tmp_path: Path) -> None:
    data = "name;address;class;room\nPC-1;10.0.0.1;room;Büro 3\n".encode("cp1252")
    (row,) = read(tmp_path, data, layout=Layout(encoding="cp1252"))
    assert row.room == "Büro 3"


def test_headers_of_people_are_understood(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "Name, Address ,CLASS,Always-on\nPC-1,10.0.0.1,server,on\n")
    assert (row.name, row.device_class, row.always_on) == ("PC-1", "server", True)


def test_columns_of_another_system_are_renamed_and_extra_ones_kept(tmp_path: Path) -> None:
    layout = Layout(columns={"name": "Hostname", "address": "IP", "class": "Type"}, extra_columns=("Asset tag",))
    (row,) = read(tmp_path, "Hostname,IP,Type,Asset tag\nPC-1,10.0.0.1,laptop,000123\n", layout=layout)
    assert (row.name, row.address, row.device_class) == ("PC-1", "10.0.0.1", "laptop")
    assert row.extra == {"asset_tag": "000123"}


def test_empty_cells_mean_nothing_known_managed_and_not_always_on(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"{','.join(COLUMNS)}\nPC-1,10.0.0.1,laptop{',' * (len(COLUMNS) - 3)}\n")
    assert row == Row(line=2, name="PC-1", address="10.0.0.1", device_class="laptop")
    assert not row.always_on
    assert row.managed


@pytest.mark.parametrize("text", [";", ";;\n;;\n", ",,\n\n"])
def test_a_file_of_empty_cells_has_no_header(tmp_path: Path, text: str) -> None:
    (tmp_path / "register.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RegisterError, match=r"^register\.csv: holds no header; begin with a line"):
        read_register(tmp_path / "register.csv")


def test_blank_lines_and_rows_of_empty_cells_are_passed_over(tmp_path: Path) -> None:
    text = "\nname,address,class\n\nPC-1,10.0.0.1,laptop\n,,\nPC-2,10.0.0.2,laptop\n\n"
    assert [(row.name, row.line) for row in read(tmp_path, text)] == [("PC-1", 4), ("PC-2", 6)]


@pytest.mark.parametrize("mac", ["00-1A-2B-3C-4D-5E", "00:1a:2b:3c:4d:5e", "001a.2b3c.4d5e", "001A2B3C4D5E"])
def test_a_mac_address_has_one_spelling_afterwards(tmp_path: Path, mac: str) -> None:
    (row,) = read(tmp_path, f"name,address,class,mac\nPC-1,10.0.0.1,laptop,{mac}\n")
    assert row.mac == "00:1a:2b:3c:4d:5e"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("10.0.0.1", "10.0.0.1"), ("FE80:0::1", "fe80::1"), ("PC-1.Lab.Test.", "pc-1.lab.test"), ("pc-1", "pc-1")],
)
def test_an_address_has_one_spelling_afterwards(tmp_path: Path, written: str, meant: str) -> None:
    (row,) = read(tmp_path, f"name,address,class\nPC-1,{written},laptop\n")
    assert row.address == meant


@pytest.mark.parametrize("name", ["PC-017", "pc_017", "A", "X" * 15, "PC-017.example.com", "3com-7"])
def test_names_that_windows_takes_are_taken(tmp_path: Path, name: str) -> None:
    (row,) = read(tmp_path, f"name,address,class\n{name},10.0.0.1,laptop\n")
    assert row.name == name


def test_the_planner_gets_the_device_that_the_register_describes() -> None:
    assert to_device(FULL) == Device(
        name="PC-017",
        device_class="desktop",
        ring="pilot",
        unit="Sales",
        criticality="normal",
        model="OptiPlex 7010",
        room="B-204",
        always_on=True,
        managed=False,
        exposure=Exposure.INTERNET,
        impact="low",
        responsible="ada@example.com",
    )


def test_a_row_is_in_the_group_of_its_class_and_of_each_of_its_values() -> None:
    assert groups_of(FULL) == (
        "desktops",
        "ring_pilot",
        "room_b_204",
        "unit_sales",
        "model_optiplex_7010",
        "criticality_normal",
        "responsible_ada_example_com",
        "seat_3",
        "always_on",
        "unmanaged",
    )


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("B-204 / East", "b_204_east"),
        ("  1 ", "1"),
        ("Büro", "büro"),
        ("会議室 2", "会議室_2"),
        ("--", ""),
        ("a__b", "a_b"),
    ],
)
def test_a_value_becomes_a_part_of_a_groups_name(value: str, part: str) -> None:
    assert group_part(value) == part


@given(st.text())
def test_a_part_of_a_groups_name_is_always_usable_and_stable(value: str) -> None:
    part = group_part(value)
    assert group_part(part) == part
    assert all(character.isalnum() or character == "_" for character in part)
    assert not part.startswith("_")
    assert not part.endswith("_")


def outcome(path: Path) -> bool:
    """Whether reading gave rows, or else lines that all begin with the file's name."""
    try:
        return len(read_register(path)) > 0
    except RegisterError as error:
        return all(line.startswith(path.name) for line in str(error).split("\n"))


@given(st.text(max_size=400))
def test_whatever_the_text_reading_it_gives_rows_or_lines_that_say_where(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("register.csv", "register.yml"):
            path = Path(folder) / name
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            assert outcome(path)
