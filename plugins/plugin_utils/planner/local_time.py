# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instants and spans as people on site read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from .calendar import WEEKDAYS

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """Return the date that people in ``zone`` have at ``moment``."""
    return moment.astimezone(zone).date()


def words(moment: datetime, zone: ZoneInfo) -> str:
    """Return ``Mon 2026-11-23 16:00`` in local time, as :func:`calendar.describe` does for a window."""
    local = moment.astimezone(zone)
    return f"{WEEKDAYS[local.weekday()].capitalize()} {local:%Y-%m-%d %H:%M}"


def span(length: timedelta) -> str:
    """Return ``1 hour 30 minutes``: every unit that is not zero, largest first."""
    rest = int(length.total_seconds())
    parts = []
    for name, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"
