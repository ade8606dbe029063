# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory plugin: a CSV or YAML register of devices as hosts, variables and groups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: device_register
short_description: Reads a register of devices from a CSV or YAML file
version_added: 0.1.0
author:
  - Nightshift contributors (@nightshift)
description:
  - Turns a register (one row for each device) into hosts, host variables and groups.
  - Every row is checked before any host is added. Each mistake is one line with file, line, column, value and
    what was expected; one mistake anywhere and nothing is added.
  - The inventory source is a small YAML file whose name ends in C(.nightshift.yml), C(.nightshift.yaml),
    C(device_register.yml) or C(device_register.yaml); the register itself is another file, named by O(path).
  - A register has the columns C(name), C(address) and C(class), and may have C(ring), C(room), C(seat), C(mac),
    C(unit), C(criticality), C(model), C(always_on), C(managed), C(responsible), C(exposure) and C(impact). Case, spaces
    and hyphens in their names do not matter (C(Always on) is C(always_on)). Any other column is refused unless
    O(extra_columns) names it.
  - Every host gets C(ansible_host) (the address) and C(nightshift_device), a dictionary with C(class), C(ring),
    C(room), C(seat), C(mac), C(unit), C(criticality), C(model), C(always_on), C(managed), C(responsible),
    C(exposure), C(impact) and C(extra). Empty cells are null, except C(always_on) (then false) and C(managed) (then
    true).
  - Groups are C(desktops), C(laptops), C(servers) and C(rooms) by class, C(ring_<x>), C(room_<x>), C(unit_<x>),
    C(model_<x>) and C(criticality_<x>) by value, C(always_on), and C(unmanaged) for devices nobody may contact.
  - In the name of a group a value is written in lower case, with one underscore for each run of anything but
    letters and digits, and none at its ends. Room C(B-204) makes the group C(room_b_204). Two values that would
    make the same group are refused.
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Marks the file as a source of this plugin.
    type: str
    required: true
    choices: [nightshift.fleet.device_register]
  path:
    description: The register. A relative path starts at the folder of the inventory source.
    type: str
    required: true
  format:
    description:
      - How the register is written.
      - V(auto) asks the name. C(.csv), C(.tsv) and C(.txt) are CSV; C(.yml), C(.yaml) and C(.json) are YAML.
      - YAML is a list of devices, bare or under the key C(devices). Every value is taken as it is written,
        so that a MAC address needs no quotes.
    type: str
    choices: [auto, csv, yaml]
    default: auto
  delimiter:
    description:
      - What stands between the cells of a CSV register.
      - By default whichever of comma, semicolon and tab the header has most of.
    type: str
    default: ""
  encoding:
    description:
      - The encoding of the register, by its Python name. A byte order mark is passed over.
      - Spreadsheets of western Windows often write V(cp1252).
    type: str
    default: utf-8
  columns:
    description: Names that the register uses for columns of ours, as C(address) for a column C(IP).
    type: dict
    default: {}
  extra_columns:
    description: Other columns of the register, to be kept as text under C(nightshift_device.extra).
    type: list
    elements: str
    default: []
  fail_run:
    description:
      - Ansible goes on with an empty inventory and exit code 0 when a source cannot be read. V(true) makes a
        register with mistakes end the run with an error, as if C(any_unparsed_is_failed) were set in C(ansible.cfg).
      - A misspelt O(plugin) or a collection that is not installed is beyond this option; only
        C(any_unparsed_is_failed) (section C(inventory)) catches those.
    type: bool
    default: true
notes:
  - Point C(-i) at the inventory source itself, not at its folder. Given a folder, Ansible would try the register
    as an inventory of its own. The C(group_vars) beside the source are read either way.
  - Devices in C(unmanaged) are in their other groups too, so that reports can name them. Playbooks of this collection
    never contact them; for a command by hand use the pattern C(all:!unmanaged).
  - A cached register is read again as soon as its size or its time of change differs.
"""

EXAMPLES = r"""
# inventories/helpdesk/helpdesk.nightshift.yml, beside register.csv:
#
#   name;address;class;ring;room;seat;mac;unit;criticality;model;always on;managed
#   PC-017;pc-017.example.com;desktop;pilot;B-204;3;00-1A-2B-3C-4D-5E;Sales;normal;OptiPlex 7010;no;yes
#   LT-004;10.20.4.4;laptop;broad;;;00-1A-2B-3C-4D-5F;Sales;normal;Latitude 5440;no;yes
plugin: nightshift.fleet.device_register
path: register.csv
---
# The same in YAML, in register.yml:
#
#   devices:
#     - {name: PC-017, address: pc-017.example.com, class: desktop, ring: pilot, room: B-204, mac: 00:1a:2b:3c:4d:5e}
plugin: nightshift.fleet.device_register
path: register.yml
---
# An export of another system, with its own names for the columns
plugin: nightshift.fleet.device_register
path: ../exports/assets.csv
encoding: cp1252
delimiter: ";"
columns:
  name: Hostname
  address: IP
  class: Type
extra_columns: [Asset tag, Bought on]
---
# More variables and groups
plugin: nightshift.fleet.device_register
path: register.csv
compose:
  ansible_winrm_scheme: "'http' if nightshift_device.unit == 'Workshop' else 'https'"
groups:
  sales_laptops: nightshift_device.class == 'laptop' and nightshift_device.unit == 'Sales'
keyed_groups:
  - prefix: responsible
    key: nightshift_device.responsible
"""

from dataclasses import asdict
from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import groups_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import read_register
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import COLUMNS, Row
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.source import Format, Layout

SUFFIXES = tuple(f"{stem}{end}" for stem in (".nightshift", "device_register") for end in (".yml", ".yaml"))


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Hosts, variables and groups from a register of devices."""

    NAME = "nightshift.fleet.device_register"

    def verify_file(self, path):
        """Whether the source is ours by its name."""
        return super().verify_file(path) and str(path).endswith(SUFFIXES)

    def parse(self, inventory, loader, path, cache=True):
        """Add every device of the register. Raises AnsibleParserError with one line for each mistake."""
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        try:
            rows = self._rows(Path(path).parent / self.get_option("path"), cache)
        except RegisterError as error:
            if self.get_option("fail_run"):
                # Ansible asks this once all plugins have declined the source: the only way to an exit code.
                constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
            count = len(error.problems)
            raise AnsibleParserError(f"The register has {count} mistake{'s' * (count > 1)}:\n{error}") from None
        strict = self.get_option("strict")
        compose, groups, keyed = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        for row in rows:
            variables = self._add(row)
            self._set_composite_vars(compose, variables, row.name, strict=strict)
            self._add_host_to_composed_groups(groups, variables, row.name, strict=strict)
            self._add_host_to_keyed_groups(keyed, variables, row.name, strict=strict)

    def _rows(self, register, cache):
        if not self.get_option("cache"):
            return read_register(register, self._layout())
        try:
            stat = register.stat()
            stamp = [stat.st_mtime_ns, stat.st_size]
        except OSError:
            stamp = None
        key = self.get_cache_key(str(register))
        layout = repr(self._layout())
        kept = self._cache.get(key) if cache else None
        if kept and stamp and kept["stamp"] == stamp and kept["layout"] == layout:
            return tuple(Row(**row) for row in kept["rows"])
        rows = read_register(register, self._layout())
        self._cache[key] = {"stamp": stamp, "layout": layout, "rows": [asdict(row) for row in rows]}
        return rows

    def _layout(self):
        return Layout(
            format=Format(self.get_option("format")),
            delimiter=self.get_option("delimiter"),
            encoding=self.get_option("encoding"),
            columns={str(ours): str(name) for ours, name in self.get_option("columns").items()},
            extra_columns=tuple(str(column) for column in self.get_option("extra_columns")),
        )

    def _add(self, row):
        """Add one host with its groups; returns its variables."""
        device = {column: getattr(row, column) for column in COLUMNS if column not in ("name", "address", "class")}
        device["class"] = row.device_class
        device["extra"] = dict(row.extra)
        variables = {"ansible_host": row.address, "nightshift_device": device}
        self.inventory.add_host(row.name)
        for variable, value in variables.items():
            self.inventory.set_variable(row.name, variable, value)
        for group in groups_of(row):
            self.inventory.add_group(group)
            self.inventory.add_child(group, row.name)
        return variables
