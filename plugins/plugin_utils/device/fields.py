# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read one JSON object strictly: every mistake names the key, the value and what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from ..tasks.fault import OperatorError

E = TypeVar("E", bound=Enum)


class ProtocolError(OperatorError, ValueError):
    """A device module answered something that docs/device-protocol.md does not allow."""


class Fields:
    """The keys of one JSON object at ``place`` (``win_patch_scan: jobs[0]``).

    Each method reads one key. A key that is absent gives the default where one is
    passed and raises :class:`ProtocolError` where none is; a value of the wrong
    kind always raises.
    """

    __slots__ = ("_place", "_values")

    def __init__(self, values: object, place: str) -> None:
        if not isinstance(values, Mapping):
            raise ProtocolError(f"{place}: {_shown(values)} is not an object")
        self._values: Mapping[str, Any] = values
        self._place = place

    def __contains__(self, key: str) -> bool:
        return self._values.get(key) is not None

    def error(self, key: str, expectation: str) -> ProtocolError:
        """The mistake at ``key``, in one line."""
        if key not in self._values:
            return ProtocolError(f"{self._at(key)} is missing; expected {expectation}")
        return ProtocolError(f"{self._at(key)}: {_shown(self._values[key])} is not {expectation}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string; null counts as absent."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.error(key, "a string")
        return value

    def name(self, key: str) -> str:
        """A string that must be there and not be empty."""
        value = self.text(key)
        if not value:
            raise self.error(key, "a non-empty string")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """A whole number; null counts as absent."""
        value = self.number_or_none(key)
        if value is None:
            if default is None:
                raise self.error(key, "a whole number")
            return default
        return value

    def number_or_none(self, key: str) -> int | None:
        """A whole number, or None when absent or null."""
        value = self._values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, "a whole number")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false; null counts as absent."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def instant(self, key: str) -> datetime | None:
        """An aware instant in UTC, or None when absent or null."""
        value = self._values.get(key)
        if value is None:
            return None
        expectation = "an instant with its zone, such as 2026-11-23T16:05:00Z"
        if not isinstance(value, str):
            raise self.error(key, expectation)
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            raise self.error(key, expectation) from None
        if instant.tzinfo is None:
            raise self.error(key, expectation)
        return instant.astimezone(UTC)

    def needed_instant(self, key: str) -> datetime:
        """An aware instant in UTC that must be there."""
        instant = self.instant(key)
        if instant is None:
            raise self.error(key, "an instant with its zone, such as 2026-11-23T16:05:00Z")
        return instant

    def word(self, key: str, words: type[E], default: E | None = None) -> E:
        """A member of an enum by its value, whatever the case; absent, null and empty give the default."""
        value = self._values.get(key)
        if value in (None, "") and default is not None:
            return default
        if isinstance(value, str):
            for member in words:
                if member.value == value.lower():
                    return member
        raise self.error(key, "one of " + ", ".join(str(member.value) for member in words))

    def word_or_none(self, key: str, words: type[E]) -> E | None:
        """A member of an enum, or None when absent, null or empty."""
        return None if self._values.get(key) in (None, "") else self.word(key, words)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; absent and null count as empty."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "a list of strings")
        return tuple(values)

    def objects(self, key: str) -> tuple[Fields, ...]:
        """A list of objects; absent and null count as empty."""
        return tuple(Fields(value, f"{self._at(key)}[{index}]") for index, value in enumerate(self._list(key)))

    def object(self, key: str) -> Fields:
        """An object that must be there."""
        if key not in self:
            raise self.error(key, "an object")
        return Fields(self._values[key], self._at(key))

    def true_keys(self) -> tuple[str, ...]:
        """The keys of an object of flags that are true, in their order."""
        return tuple(key for key in self._values if self.flag(key))

    def _list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(key, "a list")
        return value

    def _at(self, key: str) -> str:
        return f"{self._place}{key}" if self._place.endswith(": ") else f"{self._place}.{key}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
