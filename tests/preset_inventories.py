# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Devices under the group_vars of a preset, placed as a patrol places them when it opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import Found, place
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_for
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import groups_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import Row

INVENTORIES = Path(__file__).parents[1] / "inventories"
PRESETS = tuple(sorted(folder.name for folder in INVENTORIES.iterdir() if (folder / "group_vars").is_dir()))


def placed(rows: Iterable[Row], preset: str, folder: Path, now: datetime) -> Found:
    """Return the rows' devices and policies, with the group_vars of ``preset`` beside an inventory in ``folder``.

    Raises PolicyError with every mistake of the preset.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "group_vars").symlink_to(INVENTORIES / preset / "group_vars")
    groups: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        for group in groups_of(row):
            groups.setdefault(group, {"hosts": {}})["hosts"][row.name] = {}
    hosts = {row.name: variables_of(row) for row in rows}
    source = folder / "hosts.yml"
    source.write_text(yaml.safe_dump({"all": {"hosts": hosts, "children": groups}}), encoding="utf-8")
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(source)])
    variables = VariableManager(loader=loader, inventory=inventory)
    loaded = policies_for(list(hosts), inventory, variables, loader, now)
    return place(host_facts(list(hosts), {"hostvars": HostVars(inventory, variables, loader)}), loaded)


def variables_of(row: Row) -> dict[str, Any]:
    """The variables that the inventory plugin gives a row."""
    cells = {key: value for key, value in asdict(row).items() if key not in ("line", "name", "address", "device_class")}
    return {"ansible_host": row.address, "nightshift_device": {**cells, "class": row.device_class}}
