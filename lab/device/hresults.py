# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WUA's error codes: unsigned 32-bit HRESULTs, their names, meanings, and what each asks for (field notes 2.1).

The table is the modules' own (``plugins/module_utils/_UpdateError.psm1``), read as text: a device has one table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REBOOT_REQUIRED = 0x00240005
ALREADY_INSTALLED = 0x00240006
NOT_INSTALLED = 0x00240007
ALREADY_DOWNLOADED = 0x00240008
INSTALL_NOT_ALLOWED = 0x80240016
NOT_APPLICABLE = 0x80240017
UNINSTALL_NOT_ALLOWED = 0x80240028
SERVICE_DISABLED = 0x80070422
DISK_FULL = 0x80070070
FAILURE = 0x80004005
RESTART_FIRST = 0x80070BC9
INSTALL_FAILURE = 0x80070643

_SOURCE = Path(__file__).parents[2] / "plugins" / "module_utils" / "_UpdateError.psm1"
_LINE = re.compile(r"^(?P<code>[0-9A-F]{8}) (?P<name>\S+) (?P<text>.+)$", re.MULTILINE)
_CLASS = re.compile(r"^ {4}(?P<name>[a-z_]+) = @\((?P<codes>[^)]*)\)", re.MULTILINE)
_FAILING = 0x80000000


@dataclass(frozen=True, slots=True)
class _Meaning:
    name: str = ""
    text: str = ""


@cache
def _meanings() -> dict[int, _Meaning]:
    source = _SOURCE.read_text(encoding="utf-8")
    return {int(m["code"], 16): _Meaning(m["name"], m["text"].strip()) for m in _LINE.finditer(source)}


@cache
def _classes() -> dict[int, str]:
    source = _SOURCE.read_text(encoding="utf-8")
    return {
        int(code, 16): found["name"]
        for found in _CLASS.finditer(source)
        for code in re.findall(r"'([0-9A-F]{8})'", found["codes"])
    }


def name(hresult: int) -> str:
    """Return ``WU_E_...``, or ``""`` for success and for codes without a name."""
    return _meanings().get(hresult, _Meaning()).name


def text(hresult: int) -> str:
    """Return what the code means, or ``""``."""
    return _meanings().get(hresult, _Meaning()).text


def error_class(hresult: int) -> str:
    """Return what the code asks for; ``""`` for success. A failing code without a class is transient."""
    return _classes().get(hresult, "transient" if hresult >= _FAILING else "")


def hexadecimal(hresult: int) -> str:
    """Return ``0x80240022``."""
    return f"0x{hresult:08X}"


def described(hresult: int) -> str:
    """Return number, name and meaning in one line, as far as they are known."""
    return " ".join(filter(None, (hexadecimal(hresult), name(hresult), text(hresult))))
