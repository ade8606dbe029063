# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a launch may say beside its template: prompts, surveys, and what is saved in schedules and nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from .store import Refused, Row, Store

PROMPTS = {  # of a job template; a workflow has the first five and job_tags, skip_tags
    "inventory": "ask_inventory_on_launch",
    "scm_branch": "ask_scm_branch_on_launch",
    "limit": "ask_limit_on_launch",
    "job_tags": "ask_tags_on_launch",
    "skip_tags": "ask_skip_tags_on_launch",
    "job_type": "ask_job_type_on_launch",
    "diff_mode": "ask_diff_mode_on_launch",
    "verbosity": "ask_verbosity_on_launch",
    "execution_environment": "ask_execution_environment_on_launch",
    "forks": "ask_forks_on_launch",
    "job_slice_count": "ask_job_slice_count_on_launch",
    "timeout": "ask_timeout_on_launch",
}
OTHER_ASKS = (
    "ask_variables_on_launch",
    "ask_credential_on_launch",
    "ask_labels_on_launch",
    "ask_instance_groups_on_launch",
)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": (list, str),
    "integer": int, "float": (float, int),
}  # fmt: skip


def survey_of(store: Store, kind: str, row: Row) -> Row:
    """Return the survey of a template that is switched on; empty when there is none."""
    return store.surveys.get((kind, row["id"]), {}) if row.get("survey_enabled") else {}


def survey_faults(survey: Row, given: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with answers to a survey."""
    said = []
    for question in survey.get("spec", []):
        name, kind = question["variable"], question["type"]
        value = given.get(name)
        if value in (None, "") and question["required"]:
            said.append(f"'{name}' value missing")
        elif value is not None and not isinstance(value, _TYPES[kind]):
            said.append(f"Value {value} for '{name}' expected to be a {'string' if kind != 'integer' else kind}.")
        elif kind == "multiplechoice" and value and value not in _choices(question):
            said.append(f"Value {value} for '{name}' expected to be one of {_choices(question)}.")
    return said


def needs_answers(survey: Row) -> bool:
    """Whether a survey has a required question: a default does not help where nobody is asked."""
    return any(question["required"] for question in survey.get("spec", []))


def saved_faults(store: Store, row: Row) -> dict[str, list[str]]:
    """Return what AWX says against the prompts that a schedule or node of a workflow saves."""
    found = store.unified(row["unified_job_template"])
    if found is None or found[0] == "workflow_approval_templates":
        return {}
    kind, template = found
    said: dict[str, list[str]] = {}
    for name, ask in PROMPTS.items():
        value = row.get(name)
        if value is not None and value != template.get(name) and not template.get(ask, False):
            said[name] = ["Field is not configured to prompt on launch."]
    given = dict(row.get("extra_data") or {})
    survey = survey_of(store, kind, template)
    faults = survey_faults(survey, given)
    if faults:
        said["variables_needed_to_start"] = faults
    left = rejected(survey, template, given)
    if left:
        names = ", ".join(left)
        model = "Job Template" if kind == "job_templates" else "Workflow Job Template"
        said["extra_data"] = [
            f"Variables {names} are not allowed on launch. Check the Prompt on Launch setting on the {model} "
            "to include Extra Variables."
        ]
    return said


def rejected(survey: Row, template: Row, given: Mapping[str, Any]) -> list[str]:
    """Return the variables that a template does not take on launch."""
    if template.get("ask_variables_on_launch"):
        return []
    asked = {question["variable"] for question in survey.get("spec", [])}
    fixed = template_variables(template)
    return [name for name, value in given.items() if name not in asked and fixed.get(name) != value]


def template_variables(template: Row) -> Row:
    """Return the variables that a template itself has."""
    raw = template.get("extra_vars") or "{}"
    found = json.loads(raw) if str(raw).strip().startswith("{") else yaml.safe_load(raw)
    return dict(found or {})


def judge_survey(spec: Any) -> None:
    """Refuse what AWX does not take as a survey."""
    for name, wanted, words in (
        ("name", str, "string"),
        ("description", str, "string"),
        ("spec", list, "list of items"),
    ):
        if name not in spec:
            raise Refused(400, {"error": f"Field '{name}' is missing from survey spec."})
        if not isinstance(spec[name], wanted):
            raise Refused(
                400, {"error": f"Expected {words} for field '{name}', received {type(spec[name]).__name__} type."}
            )
    if not spec["spec"]:
        raise Refused(400, {"error": "'spec' doesn't contain any items."})
    seen: set[str] = set()
    for number, question in enumerate(spec["spec"]):
        _judge_question(number, question, seen)


def _judge_question(number: int, question: Row, seen: set[str]) -> None:
    for name in ("type", "question_name", "variable", "required"):
        if name not in question:
            raise Refused(400, {"error": f"'{name}' missing from survey question {number}"})
    if not isinstance(question["required"], bool):
        raise Refused(400, {"error": f"'required' in survey question {number} expected to be boolean."})
    if question["variable"] in seen:
        raise Refused(400, {"error": f"'variable' '{question['variable']}' duplicated in survey question {number}."})
    seen.add(question["variable"])
    kind = question["type"]
    if kind not in _TYPES:
        raise Refused(400, {"error": f"'{kind}' in survey question {number} is not one of the allowed question types."})
    default = question.get("default", "")
    if default != "" and not isinstance(default, _TYPES[kind]):
        raise Refused(400, {"error": f"Default value {default} in survey question {number} expected to be string."})
    if kind in ("multiplechoice", "multiselect"):
        if "choices" not in question:
            raise Refused(400, {"error": f"Survey question {number} of type {kind} must specify choices."})
        if default and default not in _choices(question):
            raise Refused(400, {"error": "Default choice must be answered from the choices listed."})


def _choices(question: Row) -> list[str]:
    choices = question["choices"]
    return choices.splitlines() if isinstance(choices, str) else list(choices)
