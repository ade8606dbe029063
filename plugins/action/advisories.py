# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes what vendors and authorities publish into the ledger. All of it runs on the controller."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.getting import Way
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.importing import (
    Source,
    State,
    Told,
    import_all,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger, private_copy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import SystemClock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import default_ledger

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


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.advisories."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Import every source; what is wrong with some of them is told at the end."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        for name, most in (("timeout", 3600), ("max_megabytes", _LARGEST)):
            if not 1 <= options[name] <= most:
                raise AnsibleActionFail(f"{name}: {options[name]} is not possible; use a number from 1 to {most}")
        way = Way(Limits(megabytes=options["max_megabytes"]), options["timeout"], options["ca_path"])
        sources = [Source(one["source"], one["optional"], one["ca_path"]) for one in options["sources"]]
        url = options["ledger"] or default_ledger((task_vars or {}).get("inventory_dir"))
        try:
            if not self._task.check_mode:
                told = list(import_all(sources, open_ledger(url).begin, way, SystemClock().now()))
            else:
                with TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:  # recorded there, and thrown away
                    copy = open_ledger(private_copy(url, Path(folder)))
                    told = list(import_all(sources, copy.begin, way, SystemClock().now()))
        except LedgerError as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
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
