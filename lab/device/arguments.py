# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks a module's arguments as Ansible.Basic does on Windows: same rules, same messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TRUE = ("y", "yes", "on", "1", "true", "t", "1.0")
_FALSE = ("n", "no", "off", "0", "false", "f", "0.0")


class ArgumentError(Exception):
    """What the module fails with."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a module: its type by Ansible's name (str, int, bool, list, dict, path); ``options``: of a dict.

    ``no_log``: its value is in no answer.
    """

    type: str = "str"
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    elements: str = ""
    options: Mapping[str, Option] | None = None
    no_log: bool = False


Spec = Mapping[str, Option]


def check(module: str, spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with defaults and types. Raises ArgumentError with Ansible.Basic's message."""
    known = {name.casefold(): name for name in spec}
    unsupported = [name for name in given if name.casefold() not in known]
    if unsupported:
        supported = ", ".join(sorted(spec))
        raise ArgumentError(
            f"Unsupported parameters for ({module}) module: {', '.join(unsupported)}. "
            f"Supported parameters include: {supported}"
        )
    params = {known[name.casefold()]: value for name, value in given.items() if value is not None}
    missing = [name for name, option in spec.items() if option.required and name not in params]
    if missing:
        raise ArgumentError(f"missing required arguments: {', '.join(missing)}")
    return {name: _value(name, option, params) for name, option in spec.items()}


def _value(name: str, option: Option, params: Mapping[str, Any]) -> Any:
    if name not in params:
        return option.default
    value = _converted(f"argument for {name}", option.type, params[name])
    if option.type == "list" and option.elements:
        value = [_converted("argument for list entry " + name, option.elements, one) for one in value]
    if option.options is not None:
        value = [_inner(name, option.options, one) for one in value]
    if option.choices:
        folded = {choice.casefold(): choice for choice in option.choices}
        allowed = ", ".join(option.choices)
        if option.type == "list":
            strange = [str(one) for one in value if str(one).casefold() not in folded]
            if strange:
                listed = ", ".join(strange)
                raise ArgumentError(f"value of {name} must be one or more of: {allowed}. Got no match for: {listed}")
            return [folded[str(one).casefold()] for one in value]
        if str(value).casefold() not in folded:
            raise ArgumentError(f"value of {name} must be one of: {allowed}. Got no match for: {value}")
        value = folded[str(value).casefold()]
    return value


def _inner(name: str, options: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    missing = [key for key, option in options.items() if option.required and given.get(key) is None]
    if missing:
        raise ArgumentError(f"missing required arguments: {', '.join(missing)} found in {name}")
    unsupported = [key for key in given if key not in options]
    if unsupported:
        raise ArgumentError(f"Unsupported parameters for {name}: {', '.join(unsupported)}")
    params = {key: value for key, value in given.items() if value is not None}
    return {key: _value(key, option, params) for key, option in options.items()}


def _converted(what: str, kind: str, value: Any) -> Any:
    try:
        return _CONVERTERS[kind](value)
    except ValueError as problem:
        dotnet = _DOTNET.get(type(value), "System.Object")
        raise ArgumentError(f"{what} is of type {dotnet} and we were unable to convert to {kind}: {problem}") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    try:
        return int(str(value))
    except ValueError:
        raise ValueError("Input string was not in a correct format.") from None


def _bool(value: Any) -> bool:
    text = str(value).casefold().strip()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(
        f"The value '{text}' is not a valid boolean. Valid booleans include: {', '.join((*_TRUE, *_FALSE))}"
    )


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value else [""]
    if isinstance(value, int) and not isinstance(value, bool):
        return [value]
    raise ValueError(f"{_DOTNET.get(type(value), 'System.Object')} cannot be converted to a list")


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"{_DOTNET.get(type(value), 'System.Object')} cannot be converted to a dict")


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "path": _text,
    "int": _int,
    "bool": _bool,
    "list": _list,
    "dict": _dict,
}
_DOTNET = {
    str: "System.String",
    int: "System.Int32",
    bool: "System.Boolean",
    float: "System.Double",
    list: "System.Collections.Generic.List`1[System.Object]",
    dict: "System.Collections.Generic.Dictionary`2[System.String,System.Object]",
}
