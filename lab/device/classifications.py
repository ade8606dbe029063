# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The categories that WUA names in the language of the device and the modules in English, by their CategoryID.

The table is the modules' own (``plugins/module_utils/_UpdateRecord.psm1``), read as text.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "plugins" / "module_utils" / "_UpdateRecord.psm1"
_ROW = re.compile(
    r"^ +'(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})' \{ return '(?P<name>[^']+)' \}$", re.MULTILINE
)


@cache
def known() -> dict[str, str]:
    """Return the English names by CategoryID, in lower case."""
    return {row["id"]: row["name"] for row in _ROW.finditer(_SOURCE.read_text(encoding="utf-8"))}


def name(category_id: str, localised: str) -> str:
    """Return the English name of a known category, else the name that WUA gave it."""
    return known().get(category_id.lower(), localised)
