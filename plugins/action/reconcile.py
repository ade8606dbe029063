# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells where the sources of the inventory differ about a device. All of it runs on the controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.documents.folder import FolderError, put
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import default_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.compare import compare
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.document import as_data, files, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.model import (
    USUAL,
    Answer,
    Comparison,
    Kind,
    Known,
    ReconcileError,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.reading import expectations, known
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.claims import DEVICE, PREFIX
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.names import Hosts

ANY = "any"
SPEC = {
    "dest": {"type": "path"},
    "sources": {"type": "list", "elements": "str", "default": []},
    "expect": {"type": "list", "elements": "dict"},
    "fail_on": {"type": "list", "elements": "str", "choices": [*(kind.value for kind in Kind), ANY], "default": []},
    "ledger": {"type": "str"},
}


class ActionModule(ActionBase):  # type: ignore[misc]
    """nightshift.fleet.reconcile."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Compare what each source says of each host, tell it, write its files."""
        super().run(tmp, task_vars)
        options = self.validate_argument_spec(argument_spec=SPEC)[1]
        variables = task_vars or {}
        try:
            told = _compared(options, variables)
        except (LedgerError, ReconcileError) as wrong:
            raise AnsibleActionFail(str(wrong)) from None
        result: dict[str, Any] = {
            "changed": False,
            "msg": lines(told),
            "nightshift_reconcile": as_data(told),
            "_ansible_verbose_always": True,
        }
        if options["dest"]:
            result |= self._write(Path(options["dest"]), files(told))
        grave = [one for one in told.findings if ANY in options["fail_on"] or one.kind.value in options["fail_on"]]
        if grave:
            result["failed"] = True
            result["msg"] = [*lines(told), f"fail_on: {len(grave)} of these findings end the run"]
        return result

    def _write(self, folder: Path, texts: dict[str, str]) -> dict[str, Any]:
        """Write the files that differ, unless it is a rehearsal; return what the result says of them."""
        try:
            documents = put(folder, texts, check=bool(self._task.check_mode))
        except FolderError as wrong:
            raise AnsibleActionFail(str(wrong)) from wrong
        told: dict[str, Any] = {"changed": bool(documents.changes), "files": documents.names}
        return told | ({"diff": documents.diff} if self._task.diff else {})


def _compared(options: dict[str, Any], variables: dict[str, Any]) -> Comparison:
    """Compare all hosts of the inventory, whatever the play is limited to: what differs may be elsewhere."""
    url = options["ledger"] or default_ledger(variables.get("inventory_dir"))
    names = list(variables["groups"]["all"])
    spelled = Hosts(names)
    with open_ledger(url, read_only=True).read() as tx:
        answers = {spelled.spelled(device): Answer(*said) for device, said in tx.computer_names().items()}
    expected = USUAL if options["expect"] is None else expectations(plain(options["expect"]))
    devices = [_known(name, variables["hostvars"], answers.get(name)) for name in names]
    return compare(devices, expected, plain(options["sources"]))


def _known(host: str, hostvars: Any, answer: Answer | None) -> Known:
    """Read what the sources say of a host; templates are resolved where there are any."""
    raw = hostvars.raw_get(host)
    wanted = [name for name in raw if name == DEVICE or name.startswith(PREFIX)]
    said = hostvars[host] if any("{{" in str(raw[name]) for name in wanted) else raw
    return known(plain(host), {plain(name): plain(said[name]) for name in wanted}, answer)
