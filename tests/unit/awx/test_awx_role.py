# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role declares fits the playbooks that it launches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
VARIABLES: dict[str, Any] = yaml.safe_load(
    (ROOT / "roles" / "awx" / "vars" / "main.yml").read_text(encoding="utf-8").replace("!unsafe ", "")
)
TEMPLATES = VARIABLES["awx_templates"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["playbook"])
def test_a_template_launches_a_playbook_that_uses_its_variables_and_the_answers_of_its_survey(
    template: dict[str, Any],
) -> None:
    text = (ROOT / "playbooks" / f"{template['playbook']}.yml").read_text(encoding="utf-8")
    if "rounds/all.yml" in text:
        text += "".join(file.read_text(encoding="utf-8") for file in (ROOT / "playbooks" / "rounds").glob("*.yml"))
    survey = re.fullmatch(r"{{ (\w+) }}", template.get("survey", ""))
    asked = [question["variable"] for question in VARIABLES[survey[1]]] if survey else []
    for variable in (*template.get("variables", {}), *asked):
        assert re.search(rf"\b{variable}\b", text), variable


def test_who_launches_what_names_templates_and_workflows_that_are_declared() -> None:
    names = {template["name"] for template in TEMPLATES}
    for team in VARIABLES["awx_teams"]:
        for right in team["rights"]:
            assert set(right.get("job_templates", ())) <= names
    for workflow in VARIABLES["awx_workflows"]:
        steps = {node["step"] for node in workflow["nodes"]}
        for node in workflow["nodes"]:
            assert node.get("template", "Nightshift patrol") in names
            assert {*node.get("always", ()), *node.get("success", ())} <= steps


def test_operators_cannot_launch_an_emergency_without_its_approval() -> None:
    operators = VARIABLES["awx_teams"][0]
    may = {name for right in operators["rights"] for name in right.get("job_templates", ())}
    assert may.isdisjoint({"Nightshift critical", "Nightshift approve"})
    emergency = VARIABLES["awx_workflows"][1]["nodes"]
    leading_to_critical = [
        node for node in emergency if "critical" in (*node.get("always", ()), *node.get("success", ()))
    ]
    assert [(node["step"], node["success"]) for node in leading_to_critical] == [("approval", ["critical"])]


def test_every_variable_of_the_role_is_documented_and_used() -> None:
    said = yaml.safe_load((ROOT / "roles" / "awx" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = said["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROOT / "roles" / "awx" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    assert set(defaults) | {name for name, option in options.items() if option.get("required")} == set(options)
    for name, option in options.items():
        if "default" in option:
            assert option["default"] == defaults[name], name
    texts = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("tasks", "vars")
        for file in (ROOT / "roles" / "awx" / folder).iterdir()
    )
    assert [name for name in options if not re.search(rf"\b{name}\b", texts)] == []
