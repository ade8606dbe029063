# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Orders that an update is rolled back, lifts such an order, and tells how far it has come (helpdesk 8)."""

from __future__ import annotations

import getpass
from collections import Counter
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollbacks import Affected
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Rollback
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.problems import Refused
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.values import update_name
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "update": {"type": "str", "required": True},
    "state": {"type": "str", "default": "ordered", "choices": ["ordered", "lifted"]},
    "reason": {"type": "str", "required": True},
    "by": {"type": "str"},
    "at_once": {"type": "bool", "default": False},
    "remove_product": {"type": "bool", "default": False},
    "ledger": {"type": "str"},
}


class ActionModule(ControllerTask):
    """nightshift.fleet.rollback."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Record the order, or its end, and list the devices that it is about."""
        update = name_of(options)
        by = options["by"] or getpass.getuser()
        now = self.now()
        url = self.ledger_url(options)
        with open_ledger(url, read_only=True).read() as view:
            stands = next((one for one in view.rollbacks.standing() if one.update == update), None)
        wanted = Rollback(update, options["reason"], by, now, options["at_once"])
        order = stands or wanted
        if options["state"] == "lifted":
            changed = stands is not None
        else:
            changed = stands is None or stands.at_once != wanted.at_once
        if changed and not self.rehearsal:
            said = {"update": update, "reason": options["reason"], "at_once": options["at_once"]}
            with open_ledger(url).begin() as tx:
                if options["state"] == "lifted":
                    tx.rollbacks.lift(update, by, options["reason"], now)
                else:
                    order = tx.rollbacks.order(wanted)
                tx.audit(by, f"rollback_{options['state']}", None, said, now)
        with open_ledger(url, read_only=True).read() as view:
            affected = view.rollbacks.affected(order)
        return {
            "changed": changed,
            "msg": lines(order, options["state"], affected),
            "nightshift_rollback": {
                "update": update,
                "state": options["state"],
                "reason": order.reason,
                "by": order.by,
                "ordered_at": order.ordered_at.isoformat(),
                "at_once": order.at_once,
                "devices": [as_data(one) for one in affected],
            },
            "_ansible_verbose_always": True,
        }


def name_of(options: dict[str, Any]) -> str:
    """Return the update's name as the devices give it. Raises AnsibleActionFail."""
    try:
        update = update_name(options["update"])
    except Refused as wrong:
        told = "; ".join(f"{one.value} {one.fault}; {one.remedy}" for one in wrong.faults)
        raise AnsibleActionFail(f"update: {told}") from None
    if ":" in update and options["state"] == "ordered" and not options["remove_product"]:
        raise AnsibleActionFail(
            f"update: {update!r} is a package: package managers have no way back to the version before, so the product "
            "itself would be removed from every device; say remove_product=true to mean that, or decline it instead"
        )
    return update


def lines(order: Rollback, state: str, affected: tuple[Affected, ...]) -> list[str]:
    """Return what people read."""
    if state == "lifted":
        return [f"{order.update} may be installed again"]
    counts = Counter(one.state.value for one in affected)
    told = ", ".join(f"{number} {word}" for word, number in sorted(counts.items())) or "no device is known to have it"
    return [
        f"{order.update} is rolled back by {order.by}: {order.reason}",
        f"{told}; a device says what it has installed when a patrol asks it the next time",
        *(f"{one.device}: {one.state.value} {one.update.label}{_why(one)}" for one in affected),
    ]


def as_data(one: Affected) -> dict[str, Any]:
    """Return a device of the list as plain values."""
    last = one.last
    return {
        "device": one.device,
        "update": one.update.id,
        "label": one.update.label,
        "state": one.state.value,
        "hresult": f"0x{last.hresult & 0xFFFFFFFF:08X}" if last is not None and last.hresult else "",
        "tried_at": last.at.isoformat() if last is not None else None,
        "last_seen": one.last_seen.isoformat() if one.last_seen else None,
    }


def _why(one: Affected) -> str:
    if not one.update.uninstallable and one.last is None:
        return ": the update agent cannot uninstall it"
    told = as_data(one)["hresult"]
    return f" ({told})" if told else ""
