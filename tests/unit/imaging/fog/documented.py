# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module's documentation says with the fragments that it extends."""

from __future__ import annotations

import importlib
from typing import Any

import yaml


def options_of(documentation: str) -> dict[str, dict[str, Any]]:
    """Return the options of a module, by name: its own, and those of our fragments."""
    own: dict[str, Any] = yaml.safe_load(documentation)
    options: dict[str, dict[str, Any]] = {}
    for fragment in own.get("extends_documentation_fragment", ()):
        name = f"ansible_collections.nightshift.fleet.plugins.doc_fragments.{fragment.rpartition('.')[2]}"
        options |= yaml.safe_load(importlib.import_module(name).ModuleDocFragment.DOCUMENTATION).get("options", {})
    return options | own["options"]
