# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON from outside: bounded before it is read, and every value asked for by its type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from .limits import Limits
from .parts import plain, shown
from .problem import AdvisoryError


class JsonObject:
    """An object of a document. What is absent or null is empty; what has another type raises AdvisoryError."""

    __slots__ = ("_fields", "_where")

    def __init__(self, fields: dict[str, Any], where: str) -> None:
        self._fields = fields
        self._where = where

    def __contains__(self, key: str) -> bool:
        return self._fields.get(key) is not None

    def place(self, key: str) -> str:
        """Return where ``key`` stands, for an error."""
        return f"{self._where}.{key}" if self._where else key

    def text(self, key: str) -> str:
        """Return a text; "" when there is none."""
        return self._typed(key, str, "a text") or ""

    def value(self, key: str) -> str:
        """Return the text of ``{"Value": "..."}``; "" when there is none."""
        return self.object(key).text("Value")

    def number(self, key: str) -> int | None:
        """Return a whole number."""
        found: int | None = self._typed(key, int, "a whole number")
        return found

    def object(self, key: str) -> JsonObject:
        """Return an object; an empty one when there is none."""
        return JsonObject(self._typed(key, dict, "an object") or {}, self.place(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self._typed(key, list, "a list") or []
        for one in found:
            if not isinstance(one, str):
                raise self._wrong(key, one, "a list of texts")
        return tuple(found)

    def objects(self, key: str) -> Iterator[JsonObject]:
        """Yield the objects of a list."""
        for number, one in enumerate(self._typed(key, list, "a list") or []):
            if not isinstance(one, dict):
                raise self._wrong(key, one, "a list of objects")
            yield JsonObject(one, f"{self.place(key)}[{number}]")

    def _typed(self, key: str, kind: type, name: str) -> Any:
        found = self._fields.get(key)
        if found is None or (isinstance(found, kind) and not (kind is int and isinstance(found, bool))):
            return found
        raise self._wrong(key, found, name)

    def _wrong(self, key: str, found: Any, wanted: str) -> AdvisoryError:
        return AdvisoryError(f"{self.place(key)}: {shown(found)} is not {wanted}")


def read_json(content: bytes, limits: Limits) -> JsonObject:
    """Return the object that a document is. Raises AdvisoryError."""
    parts = sum(content.count(mark) for mark in (b",", b"[", b"{"))  # no value is without one of them
    if parts > limits.parts:
        raise AdvisoryError(f"it has more values than the {limits.parts} allowed")
    try:
        found = json.loads(content, parse_constant=_no_number)
    except RecursionError:
        raise AdvisoryError("its values are nested too deep") from None
    except ValueError as broken:  # also UnicodeDecodeError, and numbers of thousands of digits
        raise AdvisoryError(f"it is not JSON: {plain(str(broken))}") from None
    if not isinstance(found, dict):
        raise AdvisoryError(f"it is no document of this kind: it is {shown(found)}, not an object")
    return JsonObject(found, "")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")
