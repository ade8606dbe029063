# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of the policy's section ``vendors``."""

from __future__ import annotations

import re

from .problems import refuse
from .values import choices, meant

_PROVIDERS = ("winget", "chocolatey")
_NAME = re.compile(r"[^\s,;][^,;\n]*")


def providers(raw: object) -> tuple[str, ...]:
    """Read a list of package managers; return each once, in the order of this file."""
    if not isinstance(raw, (list, tuple)):
        raise refuse(raw, "is not a list", f"write a list of {choices(_PROVIDERS)}; the update agent is always asked")
    for one in raw:
        if one not in _PROVIDERS:
            hint = meant(one, _PROVIDERS) if isinstance(one, str) else ""
            raise refuse(one, "is not a package manager", f"{hint}use {choices(_PROVIDERS)}")
    return tuple(name for name in _PROVIDERS if name in raw)


def name(raw: object) -> str:
    """Read a vendor, a product, ``vendor/product``, a package or ``*``; case does not matter."""
    if isinstance(raw, str) and _NAME.fullmatch(raw.strip()):
        return raw.strip().casefold()
    remedy = "use a vendor, a product, vendor/product, a package such as winget:Mozilla.Firefox, or *"
    raise refuse(raw, "does not name a vendor or product", remedy)
