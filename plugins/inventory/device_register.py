# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory plugin: a register of devices (CSV, YAML or a query) as hosts, variables and groups."""

from __future__ import annotations

DOCUMENTATION = r"""
name: device_register
short_description: Reads a register of devices from a CSV or YAML file, or from a database
version_added: 0.1.0
author:
  - Nightshift contributors (@nightshift)
description:
  - Turns a register (one row for each device) into hosts, host variables and groups.
  - The register is a file (O(path)) or the answer of a query (O(url) and O(query)), in any database for which
    SQLAlchemy has a dialect and a driver is installed.
  - Every row is checked before any host is added. Each mistake is one line with file and line, or database and row,
    with column, value and what was expected; one mistake anywhere and nothing is added.
  - The inventory source is a small YAML file whose name ends in C(.nightshift.yml), C(.nightshift.yaml),
    C(device_register.yml) or C(device_register.yaml); the register itself stands elsewhere.
  - A register has the columns C(name), C(address) and C(class), and may have C(ring), C(room), C(seat), C(mac),
    C(unit), C(criticality), C(model), C(always_on), C(managed), C(responsible), C(exposure) and C(impact). Case, spaces
    and hyphens in their names do not matter (C(Always on) is C(always_on)). Any other column is refused unless
    O(extra_columns) names it.
  - Every host gets C(ansible_host) (the address) and C(nightshift_device), a dictionary with C(class), C(ring),
    C(room), C(seat), C(mac), C(unit), C(criticality), C(model), C(always_on), C(managed), C(responsible),
    C(exposure), C(impact) and C(extra). Empty cells are null, except C(always_on) (then false) and C(managed) (then
    true). What is null here is as an earlier source of the inventory said it.
  - Every host gets C(nightshift_from_register) too (see O(source)), a dictionary with C(name), C(class), C(ring),
    C(room), C(seat) and C(mac) as this source alone has them, for the playbook C(nightshift.fleet.reconcile).
  - Groups are C(desktops), C(laptops), C(servers) and C(rooms) by class, C(ring_<x>), C(room_<x>), C(seat_<x>),
    C(unit_<x>), C(model_<x>), C(criticality_<x>) and C(responsible_<x>) by value, C(always_on), C(managed), and
    C(unmanaged) for devices nobody may contact. O(group_by) chooses among them.
  - In the name of a group a value is written in lower case, with one underscore for each run of anything but
    letters and digits, and none at its ends. Room C(B-204) makes the group C(room_b_204). Two values that would
    make the same group are refused, except for seats.
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
    description: The register, where it is a file. A relative path starts at the folder of the inventory source.
    type: str
  url:
    description:
      - The database of the register, where it is the answer of a query; a SQLAlchemy URL, as
        V(postgresql+psycopg://reader@db.example.org/assets?sslmode=verify-full) or V(sqlite:////srv/assets.sqlite).
      - The driver is installed beside Ansible (psycopg, PyMySQL, oracledb, pyodbc ...).
    type: str
    env:
      - name: NIGHTSHIFT_REGISTER_URL
  password:
    description: The password of O(url), so that the URL needs none. Keep it in the environment or in a vault.
    type: str
    env:
      - name: NIGHTSHIFT_REGISTER_PASSWORD
  query:
    description:
      - Gives one row for each device, with the columns of a register (C(AS) names them), and is sent as it is written.
      - It runs in a transaction that is rolled back, read-only on PostgreSQL and SQLite. Give the user of O(url)
        nothing but the right to read.
      - Numbers, dates, addresses and truth values are read as text; null is an empty cell.
    type: str
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
  group_by:
    description: The columns that make groups. V(mac), one group for each device, is left out unless it is named.
    type: list
    elements: str
    choices: [class, ring, room, seat, mac, unit, criticality, model, responsible, always_on, managed]
    default: [class, ring, room, seat, unit, criticality, model, responsible, always_on, managed]
  source:
    description:
      - What this register is called where several sources are compared, and the end of the name of its variable
        C(nightshift_from_<source>). Give two registers in one inventory two names.
    type: str
    default: register
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
  - A cached file is read again as soon as its size or its time of change differs. The answer of a query stays as long
    as the cache keeps it (C(cache_timeout)).
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
# A database of assets; the password comes from the environment (NIGHTSHIFT_REGISTER_PASSWORD)
plugin: nightshift.fleet.device_register
url: postgresql+psycopg://reader@db.example.org/assets?sslmode=verify-full
query: >-
  SELECT hostname AS name, ip AS address, kind AS class, ring, room, seat, mac, department AS unit,
         NOT retired AS managed, owner AS responsible
  FROM computers WHERE kind <> 'phone' ORDER BY hostname
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/nightshift/inventory
cache_timeout: 3600
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
from functools import partial
from hashlib import sha256
from pathlib import Path

from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.groups import described, device_groups
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import query_register, read_register
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.row import Row
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.source import Format, Layout
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.claims import DEVICE, completed, variable
from ansible_collections.nightshift.fleet.plugins.plugin_utils.sources.plugin import Source

CLAIMED = ("class", "ring", "room", "seat", "mac")


class InventoryModule(Source):
    """Hosts, variables and groups from a register of devices."""

    NAME = "nightshift.fleet.device_register"
    SUFFIXES = tuple(f"{stem}{end}" for stem in (".nightshift", "device_register") for end in (".yml", ".yaml"))

    def parse(self, inventory, loader, path, cache=True):
        """Add every device of the register. Raises AnsibleParserError with one line for each mistake."""
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        try:
            claim = variable(self.get_option("source"))
        except ValueError as error:
            self.refuse(f"{path}: source: {error}")
        try:
            rows = self._rows(Path(path), cache)
        except RegisterError as error:
            count = len(error.problems)
            self.refuse(f"The register has {count} mistake{'s' * (count > 1)}:\n{error}")
        group_by = self.get_option("group_by")
        for row in rows:
            said = described(row)
            device = completed(said, self.known(row.name).get(DEVICE))
            own = {"name": row.name, **{column: said[column] for column in CLAIMED}}
            self.add(
                row.name,
                {"ansible_host": row.address, DEVICE: device, claim: own},
                device_groups(device, group_by),
            )

    def _rows(self, source, cache):
        """Return the rows, from the cache when it is on and what it has still holds."""
        path, url, query = (self.get_option(name) for name in ("path", "url", "query"))
        if path and query:
            self.refuse(f"{source}: path and query: a register is a file or the answer of a query; remove one")
        if not path and not (url and query):
            self.refuse(f"{source}: no register is named; give path, or url and query")
        layout = self._layout()
        if path:
            register = source.parent / path
            stamp = [*_stamp(register), repr(layout)]
            key, read = str(register), partial(read_register, register, layout)
        else:
            stamp = [sha256(url.encode()).hexdigest(), query, repr(layout)]
            key, read = str(source), partial(query_register, url, query, layout, self.get_option("password"))
        if not self.get_option("cache"):
            return read()
        found = self.kept(
            key,
            cache,
            lambda: {"stamp": stamp, "rows": [asdict(row) for row in read()]},
            lambda kept: kept["stamp"] == stamp,
        )
        return [Row(**row) for row in found["rows"]]

    def _layout(self):
        return Layout(
            format=Format(self.get_option("format")),
            delimiter=self.get_option("delimiter"),
            encoding=self.get_option("encoding"),
            columns={str(ours): str(name) for ours, name in self.get_option("columns").items()},
            extra_columns=tuple(str(column) for column in self.get_option("extra_columns")),
            group_by=tuple(self.get_option("group_by")),
        )


def _stamp(register):
    """Return what changes with the file; nothing where there is none, which the reader then tells."""
    try:
        stat = register.stat()
    except OSError:
        return ()
    return (stat.st_mtime_ns, stat.st_size)
