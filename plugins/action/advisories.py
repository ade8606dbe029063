# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes what vendors and authorities publish into the ledger. All of it runs on the controller."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.getting import Way
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.importing import (
    Source,
    State,
    Told,
    import_all,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import SystemClock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "sources": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "source": {"type": "str", "required": True},
            "optional": {"type": "bool", "default": False},
            "ca_path": {"type": "path"},
        },
    },
    "ledger": {"type": "str"},
    "on_failure": {"type": "str", "choices": ["fail", "warn"], "default": "fail"},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 60},
    "max_megabytes": {"type": "int", "default": Limits().megabytes},
}
_LARGEST = 1024


class ActionModule(ControllerTask):
    """nightshift.fleet.advisories."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Import every source; what is wrong with some of them is told at the end."""
        for name, most in (("timeout", 3600), ("max_megabytes", _LARGEST)):
            if not 1 <= options[name] <= most:
                raise AnsibleActionFail(f"{name}: {options[name]} is not possible; use a number from 1 to {most}")
        way = Way(Limits(megabytes=options["max_megabytes"]), options["timeout"], options["ca_path"])
        sources = [Source(one["source"], one["optional"], one["ca_path"]) for one in options["sources"]]
        with self.recording(options) as ledger:
            told = list(import_all(sources, ledger.begin, way, SystemClock().now()))
        return self._result(told, options["on_failure"])

    def _result(self, told: list[Told], on_failure: str) -> dict[str, Any]:
        troubles = [one.text for one in told if one.state is State.FAILED]
        result: dict[str, Any] = {
            "changed": any(one.state is State.CHANGED for one in told),
            "msg": "\n".join(one.text for one in told) or "no source is given",
            "sources": [_as_data(one) for one in told],
        }
        if self._task.diff:
            result["diff"] = [_difference(one) for one in told if one.state is State.CHANGED]
        if troubles and on_failure == "fail":
            result |= {"failed": True, "msg": "\n".join(troubles)}
        elif troubles:
            result["warnings"] = troubles
        return result


def _as_data(told: Told) -> dict[str, Any]:
    """Return what became of a source as plain values, for the task's result."""
    found = told.imported
    return {
        "source": told.source,
        "state": told.state.value,
        "document": found.document if found else None,
        "facts": found.facts if found else 0,
        "kbs": found.kbs if found else 0,
        "msg": told.text,
    }


def _difference(told: Told) -> dict[str, str]:
    """Return what an import changes, for ``--diff``: a line for each KB whose advice differs, and for each CVE."""
    found = told.imported
    before, after = (found.before, found.after) if found else ((), ())
    name = found.document if found else told.source
    return {
        "before_header": name,
        "after_header": name,
        "before": "".join(f"{line}\n" for line in before),
        "after": "".join(f"{line}\n" for line in after),
    }
