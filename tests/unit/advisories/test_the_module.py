# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documentation of the module names the options that its action takes, with their types and defaults."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.nightshift.fleet.plugins.action.advisories import SPEC
from ansible_collections.nightshift.fleet.plugins.modules.advisories import DOCUMENTATION, EXAMPLES


def shape(options: dict[str, dict[str, Any]], inner: str) -> dict[str, Any]:
    """Return what a caller must know of options, from the documentation or from the specification."""
    return {
        name: (
            one.get("type"),
            one.get("required", False),
            one.get("default"),
            one.get("choices"),
            one.get("elements"),
            shape(one.get(inner, {}), inner),
        )
        for name, one in options.items()
    }


def test_the_documentation_and_the_action_know_the_same_options():
    documented = yaml.safe_load(DOCUMENTATION)["options"]
    assert shape(documented, "suboptions") == shape(SPEC, "options")


def test_the_examples_use_options_that_exist():
    for task in yaml.safe_load(EXAMPLES):
        used = task["nightshift.fleet.advisories"]
        assert used.keys() <= SPEC.keys()
        for source in used["sources"]:
            assert source.keys() <= SPEC["sources"]["options"].keys()
