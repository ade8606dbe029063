# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A short name for a policy: equal policies have equal names, in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from ..planner.policy import Policy


def fingerprint(policy: Policy) -> str:
    """Return 16 hexadecimal digits that change when, and only when, the policy does."""
    return hashlib.sha256(repr(_plain(policy)).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return tuple((field.name, _plain(getattr(value, field.name))) for field in fields(value))
    if isinstance(value, Mapping):
        return sorted((str(_plain(key)), _plain(item)) for key, item in value.items())
    if isinstance(value, Set):
        return sorted(str(_plain(item)) for item in value)
    if isinstance(value, (list, tuple)):
        return tuple(_plain(item) for item in value)
    return str(value)
