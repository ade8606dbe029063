# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turns the policies of the inventory into schedules of AWX, and compares. All of it runs on the controller."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.drift import drift
from ansible_collections.nightshift.fleet.plugins.plugin_utils.awx.schedules import Wishes, schedules_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import SystemClock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts, plain
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    OpeningError,
    parse_span,
    place,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import PolicyError, Refused
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.values import clock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.values import zone as read_zone
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "inventory": {"type": "str", "default": "Fleet"},
    "rhythm": {"type": "str", "default": "15m"},
    "daily": {"type": "str", "default": ""},
    "zone": {"type": "str"},
    "found": {"type": "list", "elements": "dict"},
    "require_same": {"type": "bool", "default": False},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.awx_schedules."""

    SPEC = SPEC
    PREFACES: ClassVar = {PolicyError: "the policy is not valid:\n"}

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Return the schedules that the policies ask for, and how AWX differs from them."""
        wanted = self._wanted(options, variables)
        result: dict[str, Any] = {"changed": False, "schedules": [one.as_data() for one in wanted]}
        if options["found"] is not None:
            told = drift(wanted, options["found"], options["inventory"])
            result |= {"drift": list(told.lines), "surplus": list(told.surplus)}
            if told.lines and options["require_same"]:
                result |= {"failed": True, "msg": "\n".join(["AWX and the policy differ:", *told.lines])}
        return result

    def _wanted(self, options: dict[str, Any], variables: dict[str, Any]) -> Any:
        groups = {plain(name): [plain(host) for host in hosts] for name, hosts in variables["groups"].items()}
        hosts = groups["all"]
        if not hosts:
            raise OpeningError("the inventory has no host; give the fleet's own, whose policies are meant, with -i")
        now = SystemClock().now()
        found = place(host_facts(hosts, variables), policies_from_hostvars(hosts, variables["hostvars"], now))
        inside = {
            name: found.policies[member.policy].policy
            for name, member in found.members.items()
            if member.device.managed and found.policies[member.policy].policy.managed
        }
        return schedules_of(inside, groups, _wishes(options), outside=[host for host in hosts if host not in inside])


def _wishes(options: dict[str, Any]) -> Wishes:
    """Read what is asked for beside the windows. Raises OpeningError."""
    minutes = int(parse_span("rhythm", options["rhythm"]).total_seconds()) // 60 if options["rhythm"] else 0
    at: time | None = None
    zone: ZoneInfo | None = None
    try:
        if options["daily"]:
            at = clock(options["daily"])
        if options["zone"]:
            zone = read_zone(options["zone"])
    except Refused as wrong:
        (fault, *_others) = wrong.faults
        raise OpeningError(f"awx_schedules: {fault.value} {fault.fault}; {fault.remedy}") from None
    return Wishes(options["inventory"], minutes, at, zone)
