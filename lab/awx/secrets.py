# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Types of credentials and what they hold: what AWX takes, what it hides, and what it gives to a job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .store import SECRET, Refused, Row

_FIELD = {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
_NAME = re.compile(r"[a-zA-Z_]\w*", re.ASCII)
_FILE = re.compile(r"template(\.[a-zA-Z_]\w*)?", re.ASCII)
_TEXT_ONLY = ("choices", "multiline", "format", "secret")


def judge_type(inputs: Any, injectors: Any) -> None:
    """Refuse what AWX does not take as a type of credentials."""
    known = set()
    for field in inputs.get("fields", []):
        unknown = set(field) - _FIELD
        if unknown or "id" not in field or "label" not in field:
            raise Refused(400, {"inputs": [f"'id' and 'label' are required, and {sorted(unknown)} not allowed"]})
        if not _NAME.fullmatch(field["id"]) or field["id"] == "tower" or field["id"] in known:
            raise Refused(400, {"inputs": [f"{field['id']} is an invalid variable name, reserved, or not unique"]})
        if field.get("ask_at_runtime"):
            raise Refused(400, {"inputs": ["'ask_at_runtime' is not supported for custom credentials."]})
        if field.get("type", "string") != "string" and any(key in field for key in _TEXT_ONLY):
            raise Refused(400, {"inputs": [f"not allowed for {field['type']} type ({field['id']})"]})
        known.add(field["id"])
    if set(inputs) - {"fields", "required"} or set(inputs.get("required", [])) - known:
        raise Refused(400, {"inputs": ["'required' names a field that is not defined"]})
    _judge_injectors(injectors, known)


def _judge_injectors(injectors: Any, known: set[str]) -> None:
    if set(injectors) - {"env", "extra_vars", "file"}:
        raise Refused(400, {"injectors": [f"Additional properties are not allowed: {sorted(injectors)}"]})
    files = injectors.get("file", {})
    if any(not _FILE.fullmatch(name) for name in files):
        raise Refused(400, {"injectors": ["files must be 'template' or 'template.name'"]})
    names: Row = dict.fromkeys(known, "EXAMPLE")
    if files:
        parts = {name.partition(".")[2]: "EXAMPLE_FILENAME" for name in files}
        names["tower"] = {"filename": "EXAMPLE_FILENAME" if "" in parts else parts}
    texts = [*files.values(), *injectors.get("env", {}).values(), *_texts(injectors.get("extra_vars", {}))]
    for name in injectors.get("env", {}):
        if not _NAME.fullmatch(name):
            raise Refused(400, {"injectors": [f"{name} is an invalid environment variable"]})
    for text in texts:
        rendered(text, names)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def rendered(text: str, names: Mapping[str, Any]) -> str:
    """Fill in a template as AWX does. Raises Refused for a name that no field has."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    try:
        return environment.from_string(text).render(**names)
    except UndefinedError as wrong:
        raise Refused(400, {"injectors": [f"{text} uses an undefined field ({wrong})"]}) from None
    except TemplateError as wrong:
        raise Refused(400, {"injectors": [f"Syntax error rendering template for {text} ({wrong})"]}) from None


def judge_inputs(kind: Row, given: Mapping[str, Any], before: Mapping[str, Any]) -> Row:
    """Return what is stored of a credential's inputs; one that is sent back hidden stays as it was."""
    fields = {field["id"]: field for field in kind["inputs"].get("fields", [])}
    for name in given:
        if name not in fields:
            raise Refused(400, {"inputs": [f"Additional properties are not allowed ('{name}' was unexpected)"]})
    found = {name: before.get(name, "") if value == SECRET else value for name, value in given.items()}
    for name in kind["inputs"].get("required", []):
        if not found.get(name) and "default" not in fields[name]:
            raise Refused(400, {"inputs": [f"required for {kind['name']}: {name}"]})
    return found


def hidden(kind: Row, inputs: Mapping[str, Any]) -> Row:
    """Return inputs as an answer shows them."""
    secret = {field["id"] for field in kind["inputs"].get("fields", []) if field.get("secret")}
    return {name: SECRET if name in secret and value else value for name, value in inputs.items()}


def injected(kind: Row, inputs: Mapping[str, Any], folder: str = "/runner/env") -> tuple[Row, Row, Row]:
    """Return what a job gets of a credential: environment, variables, and files by their path."""
    defaults = {
        f["id"]: f.get("default", False if f.get("type") == "boolean" else "") for f in kind["inputs"]["fields"]
    }
    names: Row = {**defaults, **inputs}
    files, paths = {}, {}
    for name, text in kind["injectors"].get("file", {}).items():
        path = f"{folder}/{name}"
        files[path] = rendered(text, names)
        paths[name.partition(".")[2]] = path
    if paths:
        names["tower"] = {"filename": paths.get("", paths)}
    environment = {name: rendered(text, names) for name, text in kind["injectors"].get("env", {}).items()}
    return environment, _filled(kind["injectors"].get("extra_vars", {}), names), files


def _filled(value: Any, names: Row) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item, names) for key, item in value.items()}
    return rendered(value, names) if isinstance(value, str) else value
