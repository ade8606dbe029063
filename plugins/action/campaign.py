# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proposes which computer room gets its new image in which night (campus 5). All of it runs on the controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.document import as_csv, as_data, as_json, lines
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.gathering import gather_bookings
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.history import VARIABLE as HISTORY
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.history import load_history
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.inventory import rooms_of, said
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.load import load_cloning
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.nights import bounds, seasons_from
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.plan import propose
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.timetable import as_html
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts, plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    class_of,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "dest": {"type": "path"},
    "timetable": {"type": "bool", "default": False},
    "history": {"type": "list", "elements": "dict"},
    "ledger": {"type": "str"},
    "seasons": {"type": "int", "default": 2},
    "now": {"type": "str"},
}
MOST_SEASONS = 12


class ActionModule(ControllerTask):
    """nightshift.fleet.campaign."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Plan around the bookings, show the proposal, write its files."""
        if not 1 <= options["seasons"] <= MOST_SEASONS:
            raise AnsibleActionFail(f"seasons: {options['seasons']}; use a number from 1 to {MOST_SEASONS}")
        if variables.get("ansible_limit"):
            raise AnsibleActionFail(
                "--limit hides rooms that share the nights and the servers with the others; leave it out"
            )
        files, result = self._plan(options, variables)
        if not options["dest"]:
            return result
        return result | self.written(Path(options["dest"]), files)

    def _plan(self, options: dict[str, Any], variables: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """Return the files of the proposal, by name, and the result of the task."""
        # Nothing is done at that time, it is only asked about: as in check mode.
        now = self.now(options["now"])
        hosts = [
            host
            for host in host_facts(variables["ansible_play_hosts_all"], variables)
            if class_of(host) == "room" and host.device.get("managed", True)
        ]
        rooms, notes = rooms_of(hosts)
        if not rooms:
            raise OpeningError("no host of this play is a managed device of class room with a room; name them all")
        raw, origin = said(hosts, variables["hostvars"])
        names = [room.name for room in rooms]
        policy = load_cloning(raw, origin, names)
        told = load_history(plain(options["history"]), "history")
        ledger = self.ledger_url(options)
        with open_ledger(ledger, read_only=True).read() as view:
            history = (*told, *view.rooms.history())
        start, end = bounds(policy, seasons_from(policy, now, options["seasons"]), now)
        folder = self.folder
        read = gather_bookings(policy, origin, folder, names, start, end)
        proposal = propose(rooms, policy, read.bookings, history, now, options["seasons"])
        gone = sorted({run.room for run in told} - set(names))
        notes += [*(f"{HISTORY}: {name!r} is no room of the register" for name in gone), *read.notes]
        files = {
            "campaign.json": as_json(proposal, policy.zone, notes),
            "campaign.csv": as_csv(proposal, policy.zone),
        }
        if options["timetable"]:
            files["campaign.html"] = as_html(proposal, policy.zone, notes)
        result = {
            "changed": False,
            "msg": lines(proposal, policy.zone, notes),
            "nightshift_campaign": as_data(proposal, policy.zone, notes),
            "_ansible_verbose_always": True,
        }
        return files, result
