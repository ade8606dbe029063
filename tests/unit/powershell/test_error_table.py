# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of HRESULTs on the device: names, meanings and classes."""

from __future__ import annotations

import re

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import ErrorClass

from tests.unit.powershell.powershell_source import MODULE_UTILS

SOURCE = next(path for path in MODULE_UTILS if path.name == "_UpdateError.psm1").read_text()
ROWS = re.findall(r"(?m)^([0-9A-F]{8}) (\S+) (.+)$", SOURCE)
CLASSES = {
    name: re.findall(r"'([0-9A-F]{8})'", codes) for name, codes in re.findall(r"(?s)    (\w+) = @\((.+?)\)\n", SOURCE)
}

PUBLISHED = {
    "transient": (
        "80240009 80240021 8024001E 8024001F 80240438 80244007 80244010 8024401C 80244021 80244022 80244023 8024402C "
        "80248000 8024800C 8024B004"
    ),
    "restart_first": "80240016 00240005 80242014",
    "repair_first": "80248007 8024200B 80242006",
    "wait_for_power": "8024004C 00240009",
    "needs_person": "80240020 80240044 8024002E 80244017 80244018 8024401B",
    "benign": "80240017 00240006",
}


def test_no_code_is_in_the_table_twice() -> None:
    codes = [row[0] for row in ROWS]
    assert len(codes) == len(set(codes)) > 240


def test_every_code_has_a_name_of_its_own_and_a_meaning_in_few_words() -> None:
    names = [row[1] for row in ROWS]
    assert len(names) == len(set(names))
    for code, name, meaning in ROWS:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", name), code
        assert 9 < len(meaning) <= 100 and meaning == meaning.strip() and not meaning.endswith("."), code


def test_no_line_of_the_table_is_lost_for_want_of_a_name_or_a_meaning() -> None:
    assert len(ROWS) == len(re.findall(r"(?m)^[0-9A-F]{8}\b", SOURCE))


def test_the_classes_are_those_of_the_planner() -> None:
    assert set(CLASSES) == {one.value for one in ErrorClass}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_class_holds_the_codes_that_were_agreed(name: str) -> None:
    assert set(PUBLISHED[name].split()) <= set(CLASSES[name])


def test_a_code_has_one_class_and_a_name() -> None:
    codes = [code for codes in CLASSES.values() for code in codes]
    assert len(codes) == len(set(codes))
    assert set(codes) <= {row[0] for row in ROWS}
