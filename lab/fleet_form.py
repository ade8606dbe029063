# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Typed reading of a fleet file: a mapping knows its place; a mistake names place, key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo


class FleetError(ValueError):
    """A fleet file that cannot be meant so: names file, key, value and what is allowed."""


@dataclass(slots=True)
class Form:
    """A mapping of the file with its place, which reads typed values."""

    raw: Any
    place: str
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def __post_init__(self) -> None:
        """Refuse what is no mapping."""
        if not isinstance(self.raw, Mapping):
            raise FleetError(f"{self.place}: {self.raw!r} is not a mapping of keys to values")

    def only(self, *keys: str) -> None:
        """Refuse every other key. Raises FleetError, as all of these do."""
        for key in self.raw:
            if key not in keys:
                raise FleetError(f"{self.place}: {key}: unknown key; use one of {', '.join(sorted(keys))}")

    def wrong(self, key: str, expected: str) -> FleetError:
        """Return the error for a value that cannot be meant so."""
        return FleetError(f"{self.place}: {key}: {self.raw.get(key)!r} is not {expected}")

    def form(self, key: str) -> Form:
        """Return the mapping under a key; empty where there is none."""
        return Form(self.raw.get(key) or {}, f"{self.place}: {key}", self.zone)

    def forms(self, key: str) -> list[Form]:
        """Return the mappings in the list under a key."""
        return [Form(one, f"{self.place}: {key}[{n}]", self.zone) for n, one in enumerate(self.list(key))]

    def text(self, key: str, default: str | None = None, allowed: Sequence[str] = ()) -> str | None:
        """Return a text; ``allowed`` empty: any."""
        value = self.raw.get(key, default)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "a text; put it in quotes")
        if allowed and value not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def number(self, key: str, default: float | None) -> float | None:
        """Return a number of 0 or more."""
        value = self.raw.get(key, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise self.wrong(key, "a number of 0 or more")
        return value

    def list(self, key: str) -> list[Any]:
        """Return a list; empty where there is none."""
        value = self.raw.get(key) or []
        if not isinstance(value, list):
            raise self.wrong(key, "a list")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(str(one) for one in self.list(key))

    def instant(self, key: str) -> datetime | None:
        """Return an aware UTC instant, or None where there is none."""
        value = self.raw.get(key)
        return None if value is None else read_instant(value, f"{self.place}: {key}", self.zone)


def read_instant(value: Any, place: str, zone: ZoneInfo) -> datetime:
    """Return an aware UTC instant; without an offset it is local time in ``zone``. Raises FleetError."""
    given = value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(0))
    if not isinstance(value, datetime):
        raise FleetError(
            f"{place}: {given!r} is not an instant; write it like 2026-11-24 14:00 (local) or with an offset"
        )
    return local_instant(value, zone)


def local_instant(value: datetime, zone: ZoneInfo) -> datetime:
    """Return an aware UTC instant; a naive ``value`` is local time in ``zone``."""
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
