# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tells where the sources of the inventory differ about a device. All of it runs on the controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.compare import compare
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.document import as_data, files, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.model import (
    USUAL,
    Answer,
    Comparison,
    Kind,
    Known,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.reconcile.reading import expectations, known
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.claims import DEVICE, PREFIX
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.names import Hosts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

ANY = "any"
SPEC = {
    "dest": {"type": "path"},
    "sources": {"type": "list", "elements": "str", "default": []},
    "expect": {"type": "list", "elements": "dict"},
    "fail_on": {"type": "list", "elements": "str", "choices": [*(kind.value for kind in Kind), ANY], "default": []},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.reconcile."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Compare what each source says of each host, tell it, write its files."""
        told = _compared(self.ledger_url(options), options, variables)
        result: dict[str, Any] = {
            "changed": False,
            "msg": lines(told),
            "nightshift_reconcile": as_data(told),
            "_ansible_verbose_always": True,
        }
        if options["dest"]:
            result |= self.written(Path(options["dest"]), files(told))
        grave = [one for one in told.findings if ANY in options["fail_on"] or one.kind.value in options["fail_on"]]
        if grave:
            result["failed"] = True
            result["msg"] = [*lines(told), f"fail_on: {len(grave)} of these findings end the run"]
        return result


def _compared(url: str, options: dict[str, Any], variables: dict[str, Any]) -> Comparison:
    """Compare all hosts of the inventory, whatever the play is limited to: what differs may be elsewhere."""
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
