# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each kind of mistake in a register gives its one line: file, line, column, value, what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.source import Format, Layout

HEADER = "name,address,class,room,mac,always_on"


def mistakes(tmp_path: Path, text: str | bytes, name: str = "register.csv", layout: Layout | None = None) -> list[str]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RegisterError) as caught:
        read_register(path, layout)
    lines = str(caught.value).split("\n")
    assert len(lines) == len(caught.value.problems)
    return lines


ROWS = {
    "a class that does not exist": (
        "PC-1,10.0.0.1,tower,,,",
        "register.csv: line 2, column class: 'tower' is not a class; use desktop, laptop, server or room",
    ),
    "a computer name that is too long": (
        "RECEPTION-DESK-01,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: 'RECEPTION-DESK-01' is 17 characters long; "
        "a Windows computer name has at most 15",
    ),
    "a computer name of digits only": (
        "4711,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: '4711' is all digits; a Windows computer name has at least one letter",
    ),
    "a computer name with a blank": (
        "PC 1,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: 'PC 1' is not a computer name; use letters, digits and hyphens, "
        "beginning with a letter or digit, as PC-017",
    ),
    "a computer name that ends in a hyphen": (
        "PC-,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: 'PC-' is not a computer name; use letters, digits and hyphens, "
        "beginning with a letter or digit, as PC-017",
    ),
    "a name that Ansible gives a meaning": (
        "all,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: 'all' is a name that Ansible keeps for itself; use the computer's name",
    ),
    "a name that is a group's": (
        "laptops,10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: 'laptops' is the name of a group too; rename one of them",
    ),
    "an octet above 255": (
        "PC-1,10.0.0.256,desktop,,,",
        "register.csv: line 2, column address: '10.0.0.256' is not an address; "
        "give an IPv4 address, an IPv6 address or a DNS name",
    ),
    "an address with a port": (
        "PC-1,10.0.0.1:5986,desktop,,,",
        "register.csv: line 2, column address: '10.0.0.1:5986' is not an address; "
        "give an IPv4 address, an IPv6 address or a DNS name",
    ),
    "a multicast address": (
        "PC-1,239.1.1.1,desktop,,,",
        "register.csv: line 2, column address: '239.1.1.1' is not the address of one device; "
        "give its own IP address or DNS name",
    ),
    "a MAC address that is too short": (
        "PC-1,10.0.0.1,desktop,,00:1a:2b:3c:4d,",
        "register.csv: line 2, column mac: '00:1a:2b:3c:4d' is not a MAC address; "
        "write six pairs of hexadecimal digits, as 00:1a:2b:3c:4d:5e",
    ),
    "a MAC address of mixed spelling": (
        "PC-1,10.0.0.1,desktop,,00:1a-2b:3c-4d:5e,",
        "register.csv: line 2, column mac: '00:1a-2b:3c-4d:5e' is not a MAC address; "
        "write six pairs of hexadecimal digits, as 00:1a:2b:3c:4d:5e",
    ),
    "the broadcast MAC address": (
        "PC-1,10.0.0.1,desktop,,ff:ff:ff:ff:ff:ff,",
        "register.csv: line 2, column mac: 'ff:ff:ff:ff:ff:ff' is not the MAC address of one network card; "
        "zero and multicast addresses wake nobody",
    ),
    "a boolean that is neither yes nor no": (
        "PC-1,10.0.0.1,desktop,,,sometimes",
        "register.csv: line 2, column always_on: 'sometimes' is neither yes nor no; "
        "use yes, no, true, false, on, off, 1 or 0",
    ),
    "a template in a free text": (
        "PC-1,10.0.0.1,desktop,{{ lookup('pipe' 'id') }},,",
        "register.csv: line 2, column room: \"{{ lookup('pipe' 'id') }}\" looks like a template; "
        "a register holds plain text, without {{, {% and {#",
    ),
    "a line break in a cell": (
        'PC-1,10.0.0.1,desktop,"B-1\nEast",,',
        "register.csv: line 2, column room: 'B-1\\nEast' holds a line break or a control character; "
        "write one plain line",
    ),
    "a room that makes no group": (
        "PC-1,10.0.0.1,desktop,--,,",
        "register.csv: line 2, column room: '--' makes no group name; use at least one letter or digit",
    ),
    "an empty name": (
        ",10.0.0.1,desktop,,,",
        "register.csv: line 2, column name: is empty; every device has one",
    ),
    "a row with cells missing": (
        "PC-1,10.0.0.1,desktop",
        "register.csv: line 2: 3 cells, but the header has 6; write empty cells too",
    ),
    "a row with a cell too many": (
        "PC-1,10.0.0.1,desktop,B-1, East,,,x",
        "register.csv: line 2: 8 cells, but the header has 6; quote a cell that holds the delimiter",
    ),
}


@pytest.mark.parametrize(("row", "line"), ROWS.values(), ids=ROWS.keys())
def test_a_wrong_cell_is_one_line(tmp_path: Path, row: str, line: str) -> None:
    assert mistakes(tmp_path, f"{HEADER}\n{row}\n") == [line]


def test_a_name_that_stands_twice_is_found_whatever_its_case(tmp_path: Path) -> None:
    text = f"{HEADER}\nPC-1,10.0.0.1,desktop,,,\npc-1,10.0.0.2,desktop,,,\n"
    assert mistakes(tmp_path, text) == [
        "register.csv: line 3, column name: 'pc-1' is on line 2 already; each device has its own"
    ]


def test_an_address_that_stands_twice_is_found_whatever_its_spelling(tmp_path: Path) -> None:
    text = f"{HEADER}\nPC-1,FE80::1,desktop,,,\nPC-2,fe80:0:0::1,desktop,,,\n"
    assert mistakes(tmp_path, text) == [
        "register.csv: line 3, column address: 'fe80:0:0::1' is on line 2 already; each device has its own"
    ]


def test_a_mac_address_that_stands_twice_is_found_whatever_its_spelling(tmp_path: Path) -> None:
    text = f"{HEADER}\nPC-1,10.0.0.1,desktop,,00-1A-2B-3C-4D-5E,\nPC-2,10.0.0.2,desktop,,001a.2b3c.4d5e,\n"
    assert mistakes(tmp_path, text) == [
        "register.csv: line 3, column mac: '001a.2b3c.4d5e' is on line 2 already; each device has its own"
    ]


def test_two_rooms_that_would_become_one_group_are_refused(tmp_path: Path) -> None:
    text = f"{HEADER}\nPC-1,10.0.0.1,room,B-204,,\nPC-2,10.0.0.2,room,b 204,,\n"
    assert mistakes(tmp_path, text) == [
        "register.csv: line 3, column room: 'b 204' and 'B-204' (line 2) both make the group room_b_204; "
        "write them alike"
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = f"{HEADER}\nPC-1,10.0.0.1,tower,,,\nPC-1,nowhere!,desktop,,,maybe\n"
    lines = mistakes(tmp_path, text)
    assert [line.split(":")[1].strip() for line in lines] == [
        "line 2, column class",
        "line 3, column address",
        "line 3, column always_on",
        "line 3, column name",
    ]


HEADERS = {
    "a missing column": (
        "name,class",
        ["register.csv: line 1, column address: is missing; every register has name, address, class"],
    ),
    "a misspelt column": (
        "name,address,class,alwayson",
        ["register.csv: line 1, column alwayson: is not a column of a register; did you mean always_on?"],
    ),
    "a foreign column": (
        "name,address,class,Bought on",
        ["register.csv: line 1, column Bought on: is not a column of a register; list it in extra_columns to keep it"],
    ),
    "a column that stands twice": (
        "name,address,class,MAC,mac",
        ["register.csv: line 1, column mac: stands twice; keep one"],
    ),
    "a column without a name": (
        "name,address,class,,mac",
        ["register.csv: line 1: a column without a name; give it one or remove it"],
    ),
}


@pytest.mark.parametrize(("header", "lines"), HEADERS.values(), ids=HEADERS.keys())
def test_a_wrong_header_is_told_before_any_row(tmp_path: Path, header: str, lines: list[str]) -> None:
    assert mistakes(tmp_path, f"{header}\nPC 1,tower\n") == lines


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == ["register.csv: is empty; a register has a header and at least one device"]


def test_a_header_without_devices_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, HEADER) == ["register.csv: holds no device; a register has at least one"]


def test_an_empty_list_of_devices_is_refused(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, "devices: []\n", "register.yml")
    assert lines == ["register.yml: holds no device; a register has at least one"]


def test_a_file_of_another_encoding_says_where_and_what_to_do(tmp_path: Path) -> None:
    data = f"{HEADER}\nPC-1,10.0.0.1,desktop,Büro,,\n".encode("cp1252")
    assert mistakes(tmp_path, data) == [
        "register.csv: line 2: byte 0xfc is not utf-8; save the file as UTF-8, or set encoding (Excel: cp1252)"
    ]


def test_a_file_in_utf_16_is_named_as_such(tmp_path: Path) -> None:
    assert mistakes(tmp_path, HEADER.encode("utf-16")) == ["register.csv: line 1: the file is UTF-16; save it as UTF-8"]


def test_a_delimiter_that_is_not_in_the_file_is_told(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, "name;address;class\n", layout=Layout(delimiter=","))
    assert lines == [
        "register.csv: line 1: 'name;address;class' is one single column; "
        "the delimiter is not ',': correct the option delimiter"
    ]


def test_a_quote_that_never_closes_is_told_with_its_line(tmp_path: Path) -> None:
    (line,) = mistakes(tmp_path, f'{HEADER}\nPC-1,10.0.0.1,desktop,"B-1,,\n')
    assert line.startswith("register.csv: line 2: is not CSV: ")


def test_a_file_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RegisterError) as caught:
        read_register(tmp_path / "none.csv")
    assert (
        str(caught.value)
        == f"{tmp_path / 'none.csv'}: cannot be read: no such file or directory; check the option path"
    )


def test_a_name_that_tells_no_format_asks_for_one(tmp_path: Path) -> None:
    assert mistakes(tmp_path, HEADER, "register.xlsx") == [
        "register.xlsx: '.xlsx' does not tell the format; set format to csv or yaml"
    ]


def test_a_name_for_a_column_that_we_do_not_have_is_refused(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, f"{HEADER}\n", layout=Layout(columns={"adress": "address"}))
    assert lines == [
        "register.csv: column adress: (option columns) is not a column of a register; did you mean address?"
    ]


def test_a_name_for_a_column_that_the_file_does_not_have_is_refused(tmp_path: Path) -> None:
    lines = mistakes(tmp_path, "name,class\nPC-1,desktop\n", layout=Layout(columns={"address": "IP"}))
    assert lines == ["register.csv: line 1, column IP: is not in the file; correct the option columns, key address"]


YAML = {
    "a word": ("devices", "register.yml: line 1: is not a list of devices; begin each one with - name:"),
    "another key": (
        "hosts: []",
        "register.yml: line 1: 'hosts' is not known here; a register is a list of devices, bare or under devices",
    ),
    "a key after the devices": (
        "devices:\n  - {name: PC-1, address: 10.0.0.1, class: room}\nversion: 2",
        "register.yml: line 3: 'version' after the devices; a register is one list of devices, bare or under devices",
    ),
    "a second document": (
        "- {name: PC-1, address: 10.0.0.1, class: room}\n---\n- {}",
        "register.yml: line 2: '---' after the devices; a register is one list of devices, bare or under devices",
    ),
    "a device that is a word": (
        "- {name: PC-1, address: 10.0.0.1, class: room}\n- PC-2",
        "register.yml: line 2: is not a device; write a mapping, as - name: PC-017",
    ),
    "a list in a cell": (
        "- name: PC-1\n  address: 10.0.0.1\n  class: room\n  room: [a, [b]]",
        "register.yml: line 4, column room: holds a list, a mapping or an alias; write one plain value",
    ),
    "a key that stands twice": (
        "- name: PC-1\n  address: 10.0.0.1\n  class: room\n  address: 10.0.0.2",
        "register.yml: line 4, column address: '10.0.0.2' stands twice in one device; keep one",
    ),
    "a bracket that never closes": (
        "- {name: PC-1\n",
        "register.yml: line 2: is not YAML: did not find expected ',' or '}'",
    ),
    "a device without an address": (
        "- {name: PC-1, address: 10.0.0.1, class: room}\n- {name: PC-2, class: room}",
        "register.yml: line 2, column address: is empty; every device has one",
    ),
}


@pytest.mark.parametrize(("text", "line"), YAML.values(), ids=YAML.keys())
def test_wrong_yaml_is_one_line(tmp_path: Path, text: str, line: str) -> None:
    assert mistakes(tmp_path, text, "register.yml", Layout(format=Format.YAML)) == [line]
