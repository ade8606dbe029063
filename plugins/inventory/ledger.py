# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory plugin: the devices of the ledger, in groups by what they owe."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ledger
short_description: Groups devices by what they owe, from the ledger of the patrols
version_added: 0.1.0
author:
  - Nightshift contributors (@nightshift)
description:
  - Puts the managed devices of a ledger into groups by what their last plan left behind, so that a patrol of many
    devices looks at those that matter, as C(--limit patch_due).
  - C(patch_due) has something to install or is at work, or the time has come at which its plan can change.
    C(patch_overdue) lacks an update that was due before its last plan.
  - C(restart_pending) waits for a restart. C(parked) has an update that failed too often. C(halted_ring) is in a
    ring in which the rollout of an update has stopped.
  - C(never_seen) never answered. C(offline_since_7d) does not answer since O(offline_days) days or longer.
    C(room_overdue) stands in a room in which a device is C(patch_overdue), or whose last clone did not succeed.
  - Every host gets C(nightshift_owes), a dictionary with C(groups), C(status), C(text), C(counts), C(planned_at),
    C(next_at), C(last_seen) and C(offline_since). Instants are ISO 8601 in UTC, or null.
  - Every host gets C(nightshift_from_ledger), a dictionary with its C(name) in the ledger. A computer that an earlier
    source has under another spelling (capitals, with or without its domain) is that host.
  - The ledger is only read. Where there is none yet, or an empty one, no host is added.
  - The inventory source is a YAML file whose name ends in C(ledger.yml) or C(ledger.yaml).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as a source of this plugin.
    type: str
    required: true
    choices: [nightshift.fleet.ledger]
  url:
    description:
      - SQLAlchemy URL of the ledger, as the variable C(nightshift_ledger) of the patrols.
      - By default C(.nightshift/ledger.sqlite) beside the inventory source.
    type: str
    env:
      - name: NIGHTSHIFT_LEDGER
  add_hosts:
    description:
      - V(false) adds no host, and groups only those that sources before this one have added. A device that has left the
        register then stays away.
    type: bool
    default: true
  offline_days:
    description: After so many days without an answer a device is in C(offline_since_7d).
    type: int
    default: 7
  now:
    description: The instant to ask about, in ISO 8601 with an offset. By default the time.
    type: str
  fail_run:
    description:
      - V(true) makes a ledger that cannot be read end the run with an error, where Ansible would go on with an empty
        inventory.
    type: bool
    default: true
notes:
  - The ledger knows no addresses. Give this source after the one that does, as
    C(-i fleet.nightshift.yml -i fleet.ledger.yml).
"""

EXAMPLES = r"""
# fleet.ledger.yml beside fleet.nightshift.yml:
#   ansible-playbook nightshift.fleet.patrol -i fleet.nightshift.yml -i fleet.ledger.yml --limit patch_due
plugin: nightshift.fleet.ledger
add_hosts: false
---
# A ledger in PostgreSQL, and a group of one's own
plugin: nightshift.fleet.ledger
url: postgresql+psycopg://nightshift@db.example.org/nightshift?sslmode=verify-full
groups:
  many_missing: nightshift_owes.counts.missing | default(0) > 10
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import LedgerError, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.claims import variable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.names import Hosts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.plugin import Source

GROUPS = (
    "patch_due",
    "patch_overdue",
    "restart_pending",
    "offline_since_7d",
    "parked",
    "halted_ring",
    "never_seen",
    "room_overdue",
)


class InventoryModule(Source):
    """Devices by what they owe."""

    NAME = "nightshift.fleet.ledger"
    SUFFIXES = ("ledger.yml", "ledger.yaml")

    def parse(self, inventory, loader, path, cache=True):
        """Group the devices of the ledger. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        try:
            owed = self._owed(Path(path).absolute(), cache)
        except LedgerError as error:
            self.refuse(f"{path}: {error}")
        for group in GROUPS:
            self.inventory.add_group(group)  # also an empty one: --limit names it without a warning
        hosts = Hosts(self.inventory.hosts)
        for name, owes in owed.items():
            host = hosts.spelled(name)
            if host is not None or self.get_option("add_hosts"):
                told = {"nightshift_owes": owes, variable("ledger"): {"name": name}}
                self.add(host or name, told, tuple(owes["groups"]))

    def _owed(self, source, cache):
        """What each device owes, as plain values; from the cache when it is on and has them."""
        url = self.get_option("url") or f"sqlite:///{source.parent / '.nightshift' / 'ledger.sqlite'}"
        key = f"{source} {self.get_option('offline_days')} {self.get_option('now')}"
        return self.kept(key, cache, lambda: self._read(url))

    def _read(self, url):
        offline = timedelta(days=self.get_option("offline_days"))
        with open_ledger(url, read_only=True).read() as tx:
            return {debt.device: plain(debt) for debt in tx.debts(self._now(), offline)}

    def _now(self):
        text = self.get_option("now")
        if text is None:
            return datetime.now(UTC)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            self.refuse(f"now: '{text}' is no instant with an offset; write it as 2026-11-23T16:05:00+00:00")
        return instant


def plain(debt):
    """Return a debt as an inventory and its cache keep it."""
    instants = ("planned_at", "next_at", "last_seen", "offline_since")
    return {
        "groups": list(debt.groups),
        "status": debt.status,
        "text": debt.text,
        "counts": dict(debt.counts),
        **{name: moment.isoformat() if (moment := getattr(debt, name)) else None for name in instants},
    }
