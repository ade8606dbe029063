# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WUA's error codes: unsigned 32-bit HRESULTs, their names, meanings, and what each asks for (field notes 2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from .state import Outcome

ALREADY_INSTALLED = 0x00240006
NOT_INSTALLED = 0x00240007
INSTALL_NOT_ALLOWED = 0x80240016
NOT_APPLICABLE = 0x80240017
UNINSTALL_NOT_ALLOWED = 0x80240028
DISK_FULL = 0x80070070
INSTALL_FAILURE = 0x80070643

_OUTCOMES = {"benign": Outcome.NOT_APPLICABLE, "wait_for_power": Outcome.NOT_STARTED}


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str = ""
    text: str = ""
    error_class: str = "transient"


@cache
def _table() -> dict[int, _Meaning]:
    entries = yaml.safe_load((files(__package__) / "hresults.yml").read_text(encoding="utf-8"))
    return {int(code, 16): _Meaning(entry["name"], entry["text"], entry["class"]) for code, entry in entries.items()}


def name(hresult: int) -> str:
    """Return ``WU_E_...``, or ``""`` for success and for codes without a name."""
    return _table().get(hresult, _Meaning()).name


def text(hresult: int) -> str:
    """Return what the code means, or ``""``."""
    return _table().get(hresult, _Meaning()).text


def error_class(hresult: int) -> str:
    """Return what the code asks for; ``""`` for success."""
    return "" if hresult == 0 else _table().get(hresult, _Meaning()).error_class


def hexadecimal(hresult: int) -> str:
    """Return ``0x80240022``."""
    return f"0x{hresult:08X}"


def outcome(hresult: int) -> Outcome:
    """Return how an update that ended with this failing code ended."""
    return _OUTCOMES.get(error_class(hresult), Outcome.FAILED)
