# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module accepts is what its documentation says: no other check compares the two where pwsh is missing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.powershell.powershell_source import MODULES, argument_spec, parse


def spec_of(path: Path) -> dict[str, Any]:
    """Return the argument spec in the code."""
    return argument_spec(parse(path.read_bytes()))


def documents(path: Path) -> dict[str, Any]:
    """Return the sidecar documentation."""
    loaded: dict[str, Any] = yaml.safe_load(path.with_suffix(".yml").read_text())
    return loaded


def promise(option: dict[str, Any]) -> dict[str, Any]:
    """Return what both sides say of an option, defaults filled in."""
    choices = option.get("choices")
    return {
        "type": option.get("type", "str"),
        "elements": option.get("elements"),
        "required": option.get("required", False),
        "default": option.get("default"),
        "choices": list(choices) if choices else None,
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_options_of_a_module_are_those_of_its_documentation(path: Path) -> None:
    coded = {name: promise(option) for name, option in spec_of(path)["options"].items()}
    documented = {name: promise(option) for name, option in documents(path)["DOCUMENTATION"]["options"].items()}
    assert coded == documented


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_that_says_it_supports_check_mode_does(path: Path) -> None:
    support = documents(path)["DOCUMENTATION"]["attributes"]["check_mode"]["support"]
    assert spec_of(path).get("supports_check_mode", False) is (support == "full")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_examples_use_only_options_that_exist_and_values_that_are_allowed(path: Path) -> None:
    options = spec_of(path)["options"]
    for task in yaml.safe_load(documents(path)["EXAMPLES"]):
        given = task[f"nightshift.fleet.{path.stem}"] or {}
        assert set(given) <= set(options)
        for name, value in given.items():
            choices = options[name].get("choices")
            assert choices is None or set(value if isinstance(value, list) else [value]) <= set(choices)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_what_a_module_returns_is_documented(path: Path) -> None:
    code = path.read_text()
    returned = {
        line.split("$module.Result.")[1].split(" =")[0]
        for line in code.splitlines()
        if "$module.Result." in line and " = " in line
    }
    if "Get-DeviceReport" in code:
        report = (path.parents[1] / "module_utils" / "_DeviceReport.psm1").read_text()
        record = report.partition("$record = @{\n")[2].partition("    }\n")[0]
        returned |= set(re.findall(r"(?m)^        (\w+) = ", record)) | set(
            re.findall(r"\$record\['(\w+)'\] = ", report)
        )
    assert returned - {"changed"} == set(documents(path)["RETURN"])


def test_the_offline_source_needs_its_file_in_every_module_that_has_it() -> None:
    for path in MODULES:
        spec = spec_of(path)
        if "source" in spec["options"]:
            assert spec["required_if"] == [["source", "offline", ["offline_cab"]]]
