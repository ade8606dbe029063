# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a request may say about an object, field by field; what each kind demands beside that is in ``demands``."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from .demands import DEMANDS
from .facts import Field, Kind
from .store import Refused, Row, Store

_MISSING = object()


class Fault(Exception):
    """One value that a field does not take; the message is AWX's."""


def judge(store: Store, kind: Kind, data: Any, existing: Row | None = None) -> Row:
    """Return the fields of a request as they are stored; for a change, those that it names.

    What AWX does not know, or only shows, it passes over, and so does this. Raises Refused with 400.
    """
    if not isinstance(data, Mapping):
        raise Refused(400, {"detail": "JSON parse error - not a mapping"})
    found: Row = {}
    faults: dict[str, list[str]] = {}
    for name, field in kind.fields.items():
        try:
            value = _value(store, field, data.get(name, _MISSING), new=existing is None)
        except Fault as fault:
            faults[name] = [str(fault)]
            continue
        if value is not _MISSING:
            found[name] = value
    if faults:
        raise Refused(400, faults)
    if existing is None and kind.name == "workflow_job_template_nodes" and not found.get("identifier"):
        found["identifier"] = str(uuid.uuid4())
    demand = DEMANDS.get(kind.name)
    if demand is not None:
        found = demand(store, found, existing)
    _once(store, kind, {**(existing or {}), **found}, existing)
    return {name: value for name, value in found.items() if name not in kind.fields or not kind.fields[name].write_only}


def _value(store: Store, field: Field, value: Any, *, new: bool) -> Any:
    if value is _MISSING:
        if field.required and new:
            raise Fault("This field is required.")
        return (field.default if field.type != "json" else _fresh(field)) if new else _MISSING
    if value is None:
        if (field.type == "id" and not field.required) or None in field.choices:
            return None
        if field.default is None and not field.required:
            return None
        raise Fault("This field may not be null.")
    return _READERS[field.type](store, field, value)


def _fresh(field: Field) -> Any:
    if field.name == "policy_instance_list":
        return []
    if field.name == "messages":
        return {"started": None, "success": None, "error": None, "workflow_approval": None}
    return {} if field.default == {} else field.default


def _text(_store: Store, field: Field, value: Any) -> str:
    if isinstance(value, (bool, list, dict)):
        raise Fault("Not a valid string.")
    text = str(value)
    if field.required and not text.strip():
        raise Fault("This field may not be blank.")
    if field.longest is not None and len(text) > field.longest:
        raise Fault(f"Ensure this field has no more than {field.longest} characters.")
    return text


def _number(_store: Store, field: Field, value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Fault("A valid integer is required.") from None
    if isinstance(value, bool):
        raise Fault("A valid integer is required.")
    if field.least is not None and number < field.least:
        raise Fault(f"Ensure this value is greater than or equal to {field.least}.")
    if field.most is not None and number > field.most:
        raise Fault(f"Ensure this value is less than or equal to {field.most}.")
    return number


def _truth(_store: Store, _field: Field, value: Any) -> bool:
    if value in (True, "true", "True", 1):
        return True
    if value in (False, "false", "False", 0):
        return False
    raise Fault("Must be a valid boolean.")


def _choice(_store: Store, field: Field, value: Any) -> Any:
    for choice in field.choices:
        if choice == value or (isinstance(choice, int) and str(choice) == str(value)):
            return choice
    raise Fault(f'"{value}" is not a valid choice.')


def _id(store: Store, field: Field, value: Any) -> int | None:
    if value == "" and not field.required:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Fault(f"Incorrect type. Expected pk value, received {type(value).__name__}.") from None
    known = store.unified(number) if field.target == "unified_job_templates" else store.rows[field.target].get(number)
    if known is None:
        raise Fault(f'Invalid pk "{number}" - object does not exist.')
    return number


def _json(_store: Store, field: Field, value: Any) -> Any:
    if field.name in ("variables", "extra_vars") and isinstance(value, str):
        return value
    if not isinstance(value, (dict, list)):
        raise Fault("Value must be valid JSON.")
    return value


_READERS: Mapping[str, Callable[[Store, Field, Any], Any]] = {
    "string": _text,
    "integer": _number,
    "boolean": _truth,
    "choice": _choice,
    "id": _id,
    "json": _json,
}


def _once(store: Store, kind: Kind, row: Row, existing: Row | None) -> None:
    """Refuse a name that is taken."""
    keys = (kind.identity, *kind.within)
    for other in store.rows[kind.name].values():
        if (existing is None or other["id"] != existing["id"]) and all(other.get(k) == row.get(k) for k in keys):
            if not kind.within:
                raise Refused(400, {kind.identity: [f"{_words(kind.one)} with this {kind.identity} already exists."]})
            named = " and ".join(_words(key) for key in keys)
            raise Refused(400, {"__all__": [f"{_words(kind.one)} with this {named} already exists."]})


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
