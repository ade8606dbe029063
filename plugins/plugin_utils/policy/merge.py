# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers into assignments: which layer says what about which key. Unknown keys are found here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from . import schema
from .problems import Problem, shown

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One ``nightshift_policy`` as one place gives it, weakest place first in a list of layers.

    ``origin``: the place for people (``group_vars/laptops.yml``, ``group laptops``). ``value``: what
    YAML gave, usually a mapping. ``locate``: where it is known, the place of a single key by its path.
    """

    origin: str
    value: object
    locate: Callable[[Path], str | None] | None = None

    def place(self, path: Path) -> str:
        """Return the place of the key at ``path``."""
        return (self.locate(path) if self.locate else None) or self.origin


@dataclass(frozen=True, slots=True)
class Assignment:
    """One layer gives one key a value. ``value`` None: back to the default. An optional section is assigned true."""

    key: str
    value: object
    origin: str


def assignments(layer: Layer, problems: list[Problem]) -> Iterator[Assignment]:
    """Yield what ``layer`` says, in its order; unknown keys and sections that are none go to ``problems``."""
    if layer.value is None:
        yield from _reset("", layer.origin)
    else:
        yield from _walk(layer, (), layer.value, problems)


def _walk(layer: Layer, path: Path, value: object, problems: list[Problem]) -> Iterator[Assignment]:
    """Yield what is assigned in and below the section at ``path``."""
    section = ".".join(path)
    if not isinstance(value, Mapping):
        names = schema.below(section)
        remedy = f"write keys below it: {', '.join(names)}"
        problems.append(Problem(layer.place(path), section, shown(value), "is not a mapping", remedy))
        return
    if section in schema.OPTIONAL:
        yield Assignment(section, True, layer.place(path))
    for name, item in value.items():
        inner = (*path, str(name))
        key, origin = ".".join(inner), layer.place(inner)
        if key in schema.KEYS and isinstance(name, str):
            yield Assignment(key, item, origin)
        elif key in schema.SECTIONS and item is None:
            yield from _reset(key, origin)
        elif key in schema.SECTIONS:
            yield from _walk(layer, inner, item, problems)
        else:
            shown_key = f"{section}.{name}" if section else str(name)
            problems.append(
                Problem(origin, shown_key, "", "is not a key of the policy", schema.hint(section, str(name)))
            )


def _reset(section: str, origin: str) -> Iterator[Assignment]:
    """Yield the return to the default of all that lies in ``section``."""
    inside = f"{section}." if section else ""
    for key in (*schema.KEYS, *schema.OPTIONAL):
        if key == section or key.startswith(inside):
            yield Assignment(key, None, origin)
