# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine ``fog`` is told, as suboptions of the module ``reimage_room``, and the engine made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..engine import EngineError
from .capture import FogCapture
from .client import Access, Client
from .engine import FogEngine

OPTIONS: dict[str, dict[str, Any]] = {
    "url": {"type": "str", "required": True},
    "api_token": {"type": "str", "required": True, "no_log": True},
    "user_token": {"type": "str", "no_log": True},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
    "time_zone": {"type": "str"},
    "plain_http": {"type": "bool", "default": False},
}


def fog_engine(options: Mapping[str, Any]) -> FogEngine:
    """Make the engine. Raises EngineError."""
    return FogEngine(_client(options), _zone(options.get("time_zone")))


def fog_capture(options: Mapping[str, Any]) -> FogCapture:
    """Make the engine that captures. Raises EngineError."""
    return FogCapture(_client(options), _zone(options.get("time_zone")))


def _client(options: Mapping[str, Any]) -> Client:
    access = Access(
        url=options["url"],
        api_token=options["api_token"],
        user_token=options.get("user_token") or "",
        user=options.get("user") or "",
        password=options.get("password") or "",
        ca_path=options.get("ca_path"),
        timeout=float(options["timeout"]),
        plain_http=options["plain_http"],
    )
    return Client(access)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EngineError(f"fog time_zone: {name} is unknown here; use a name such as Europe/Paris") from None
