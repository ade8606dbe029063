# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory plugin: the hosts and groups of a FOG server as seats in computer rooms."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fog
short_description: Reads the computer rooms of a FOG server
version_added: 0.1.0
author:
  - Nightshift contributors (@nightshift)
description:
  - Turns the groups of a FOG server (1.5 or 1.6) into rooms, and its hosts into the seats of them. FOG is only read.
  - Every host gets C(nightshift_from_fog), a dictionary with C(name), C(room), C(seat), C(mac), C(macs), C(image),
    C(groups), C(pending) and C(id), as FOG has them. Nothing else of FOG's answers is kept; these hold passwords.
  - C(nightshift_device) gets C(class), C(room), C(seat) and C(mac) where no earlier source has said them. What an
    earlier source said stays; the playbook C(nightshift.fleet.reconcile) tells where they differ.
  - Groups are those of P(nightshift.fleet.device_register#inventory), as C(rooms) and C(room_<x>), by what
    C(nightshift_device) then says.
  - A computer that an earlier source has under another spelling (capitals, with or without its domain) is that host.
  - A host in two rooms, two spellings of one room, a name that no Windows computer can have, and the like are refused,
    each in one line with the server, the id of the host, column and value; then no host is added.
  - The inventory source is a YAML file whose name ends in C(fog.yml) or C(fog.yaml).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as a source of this plugin.
    type: str
    required: true
    choices: [nightshift.fleet.fog]
  url:
    description: Address of the server's API, for example V(https://fog.example.org/fog).
    type: str
    required: true
    env:
      - name: NIGHTSHIFT_FOG_URL
  api_token:
    description: The server's API token as its page shows it (base64). Keep it in the environment or in a vault.
    type: str
    required: true
    env:
      - name: NIGHTSHIFT_FOG_API_TOKEN
  user_token:
    description: The user's API token as its page shows it (base64).
    type: str
    env:
      - name: NIGHTSHIFT_FOG_USER_TOKEN
  user:
    description: Name of the user, instead of O(user_token).
    type: str
    env:
      - name: NIGHTSHIFT_FOG_USER
  password:
    description: Password of the user, instead of O(user_token).
    type: str
    env:
      - name: NIGHTSHIFT_FOG_PASSWORD
  ca_path:
    description:
      - File with the certificate of the authority that signed the server's, when the system does not know it. The
        server's certificate is always verified.
    type: path
    env:
      - name: NIGHTSHIFT_FOG_CA
  timeout:
    description: Seconds that an answer may take.
    type: int
    default: 30
  plain_http:
    description: Whether an address without TLS is taken. Everyone on the way can then read the tokens.
    type: bool
    default: false
  room_group:
    description:
      - Regular expression that finds the name of a room in the name of a group; the first parentheses are the name.
        Groups without a match are no rooms.
      - By default every group is a room. Groups that a job of M(nightshift.fleet.reimage_room) has made never are.
    type: str
    default: (.+)
  seat:
    description:
      - Regular expression that finds the seat in the name of a host, by default the digits at its end. Zeros before a
        number are left out.
    type: str
    default: (\d+)$
  device_class:
    description: The class of a host that is in a room. Hosts outside of rooms get none.
    type: str
    choices: [desktop, laptop, server, room]
    default: room
  managed:
    description:
      - Whether playbooks may contact a host that no earlier source has. V(false) puts it into the group C(unmanaged).
    type: bool
    default: true
  pending:
    description: Whether hosts count that asked to be registered and that nobody has approved in FOG.
    type: bool
    default: false
  add_hosts:
    description: V(false) adds no host, and only tells more of those that sources before this one have added.
    type: bool
    default: true
  fail_run:
    description:
      - V(true) makes a server that does not answer, or holds mistakes, end the run with an error, where Ansible would
        go on with an empty inventory.
    type: bool
    default: true
notes:
  - FOG knows no addresses. Where the host's name is not known to the DNS, give this source after one that has them.
"""

EXAMPLES = r"""
# campus.fog.yml, with the tokens in the environment (NIGHTSHIFT_FOG_API_TOKEN, NIGHTSHIFT_FOG_USER_TOKEN).
# The groups "Room B-204" and "Room B-205" are rooms; "All teachers' PCs" is none.
plugin: nightshift.fleet.fog
url: https://fog.example.org/fog
ca_path: /etc/nightshift/fog-ca.pem
room_group: ^Room (.+)$
---
# After a register that says which devices there are: rooms and MAC addresses for them, and no others
plugin: nightshift.fleet.fog
url: https://fog.example.org/fog
add_hosts: false
keyed_groups:
  - prefix: image
    key: nightshift_from_fog.image | default('none', true)
"""

from dataclasses import asdict

from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.client import Access, Client
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import device_groups
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import COLUMNS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.claims import DEVICE, completed, variable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.fog_seats import Roster, Rules, pattern, seats
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.names import Hosts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.plugin import Source

NOTHING = {column: None for column in COLUMNS if column not in ("name", "address")} | {"always_on": False, "extra": {}}


class InventoryModule(Source):
    """The rooms of a FOG server."""

    NAME = "nightshift.fleet.fog"
    SUFFIXES = ("fog.yml", "fog.yaml")

    def parse(self, inventory, loader, path, cache=True):
        """Add every seat. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        try:
            rules = Rules(
                pattern("room_group", self.get_option("room_group")),
                pattern("seat", self.get_option("seat")),
                self.get_option("pending"),
            )
            found = seats(Roster.of(self.kept(f"{path} {self.get_option('url')}", cache, self._read)), rules)
        except EngineError as error:
            self.refuse(f"{path}: {error}")
        except RegisterError as error:
            count = len(error.problems)
            self.refuse(f"{path}: FOG has {count} mistake{'s' * (count > 1)}:\n{error}")
        hosts = Hosts(inventory.hosts)
        for seat in found:
            host = hosts.spelled(seat.name)
            if host is not None or self.get_option("add_hosts"):
                self._tell(host, seat)

    def _tell(self, host, seat):
        """Tell what FOG says of a host, and add it when no earlier source has (``host`` is None)."""
        told = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(seat).items()}
        says = {"room": seat.room, "seat": seat.seat, "mac": seat.mac}
        if seat.room is not None:
            says["class"] = self.get_option("device_class")
        device = self.known(host).get(DEVICE) if host is not None else None
        if device is None:
            device = {**NOTHING, "managed": self.get_option("managed") if host is None else True}
        device = completed(device, says)
        self.add(host or seat.name, {variable("fog"): told, DEVICE: device}, device_groups(device))

    def _read(self):
        """Ask the server; plain values, fit for a cache."""
        access = Access(
            url=self.get_option("url"),
            api_token=self.get_option("api_token"),
            user_token=self.get_option("user_token") or "",
            user=self.get_option("user") or "",
            password=self.get_option("password") or "",
            ca_path=self.get_option("ca_path"),
            timeout=float(self.get_option("timeout")),
            plain_http=self.get_option("plain_http"),
        )
        client = Client(access)
        images = {image.id: image.name for image in client.images()}
        return Roster(access.url, client.hosts(), client.groups(), client.memberships(), images).as_data()
