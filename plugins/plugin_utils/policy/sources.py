# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a host's policy comes from in Ansible: the only file of this folder that knows Ansible.

Plain Ansible lets the most specific ``nightshift_policy`` replace all others. Here each group's, the
host's and the extra variable (``-e``) is a layer of its own, in Ansible's own order of precedence
(VARIABLE_PRECEDENCE, then host_vars, then ``-e``), and they are merged per key. Looked at: variables in inventory
sources, and what vars plugins find beside inventories and beside the playbook (group_vars, host_vars).
Not looked at: ``vars`` of plays and roles, set_fact. Two files in one folder (``group_vars/laptops/*.yml``)
are merged by Ansible before: there the later file's policy replaces the earlier one's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.inventory.helpers import sort_groups
from ansible.template import Templar
from ansible.vars.plugins import get_vars_from_inventory_sources, get_vars_from_path

from .load import Layer, LoadedPolicy, load_policy
from .merge import Path as KeyPath
from .problems import VARIABLE, PolicyError, Problem, shown

try:  # since 2.19 every value from a file carries its origin as a tag
    from ansible._internal._datatag._tags import Origin
except ImportError:  # 2.18: mappings and texts have ansible_pos instead
    Origin = None

_STAGE = "task"  # of vars plugins: what the inventory stage loads is in the groups' own variables
_Outcome = LoadedPolicy | PolicyError
_Reader = Callable[[Any], Mapping[str, Any]]  # host or group -> what is said of it in one place


def policies_for(
    hosts: Iterable[str], inventory: Any, variables: Any, loader: Any, now: datetime | None = None
) -> dict[str, LoadedPolicy]:
    """Return the policy of each host.

    ``inventory``, ``variables`` and ``loader`` are Ansible's InventoryManager, VariableManager and DataLoader.
    Hosts of the same groups share one value. ``now``: see ``load_policy``.
    Raises PolicyError with the problems of all hosts, each once, file by file, and KeyError for an unknown host.
    """
    collector = _Collector(inventory, variables, loader, now)
    found: dict[str, LoadedPolicy] = {}
    problems: list[Problem] = []
    for name in hosts:
        outcome = collector.outcome(name)
        if isinstance(outcome, PolicyError):
            problems += outcome.problems
        else:
            found[name] = outcome
    if problems:
        raise PolicyError(sorted(problems, key=lambda problem: problem.origin))
    return found


def policies_from_hostvars(hosts: Iterable[str], hostvars: Any, now: datetime | None = None) -> dict[str, LoadedPolicy]:
    """As :func:`policies_for`, inside an action plugin: ``hostvars`` is ``task_vars['hostvars']``."""
    return policies_for(hosts, hostvars._inventory, hostvars._variable_manager, hostvars._loader, now)


class _Collector:
    """Finds the layers of hosts; remembers what groups say and what their combinations give."""

    def __init__(self, inventory: Any, variables: Any, loader: Any, now: datetime | None) -> None:
        self._inventory, self._variables, self._loader, self._now = inventory, variables, loader, now
        self._playbook_dirs: list[str] = [loader.get_basedir()] if variables.safe_basedir else []
        self._of_group: dict[tuple[str, str], list[Layer]] = {}
        self._of_groups: dict[tuple[str, ...], tuple[list[Layer], bool]] = {}
        self._outcomes: dict[str | tuple[str, ...], _Outcome] = {}
        extra = variables.extra_vars
        self._extra = [self._layer(extra[VARIABLE], "-e")] if VARIABLE in extra else []

    def outcome(self, name: str) -> _Outcome:
        """Return the policy of one host, or what is wrong with it."""
        host = self._inventory.get_host(name)
        if host is None:
            raise KeyError(f"{name} is not in the inventory")
        groups = sort_groups([group for group in host.get_groups() if group.name != "all"])
        names = tuple(group.name for group in groups)
        if names not in self._of_groups:
            layers = [layer for entry in constants.VARIABLE_PRECEDENCE for layer in self._entry(entry, groups)]
            self._of_groups[names] = (layers, any(_has_template(layer.value) for layer in layers + self._extra))
        shared, templated = self._of_groups[names]
        own = list(self._host_layers(host))
        if not own and not templated:
            if names not in self._outcomes:
                self._outcomes[names] = self._load(shared + self._extra)
            return self._outcomes[names]
        return self._of_one_host(host, shared + own + self._extra)

    def _of_one_host(self, host: Any, layers: list[Layer]) -> _Outcome:
        """Return the outcome for layers that are this host's own or hold templates; equal ones are read once."""
        if any(_has_template(layer.value) for layer in layers):
            templar = Templar(loader=self._loader, variables=self._variables.get_vars(host=host))
            problems: list[Problem] = []
            layers = [_rendered(layer, templar, problems) for layer in layers]
            if problems:
                return PolicyError(problems)
        key = json.dumps([(layer.origin, layer.value) for layer in layers], default=repr)
        if key not in self._outcomes:
            self._outcomes[key] = self._load(layers)
        return self._outcomes[key]

    def _load(self, layers: Sequence[Layer]) -> _Outcome:
        try:
            return load_policy([Layer(layer.origin, _plain(layer.value), layer.locate) for layer in layers], self._now)
        except PolicyError as error:
            return error

    def _entry(self, entry: str, groups: Sequence[Any]) -> Iterator[Layer]:
        """Yield the layers of one entry of Ansible's VARIABLE_PRECEDENCE, weakest first."""
        top = [self._inventory.groups["all"]]
        match entry:
            case "all_inventory":
                yield from self._in_inventory(top)
            case "groups_inventory":
                yield from self._in_inventory(groups)
            case "all_plugins_inventory":
                yield from self._beside(self._sources(), top)
            case "groups_plugins_inventory":
                yield from self._beside(self._sources(), groups)
            case "all_plugins_play":
                yield from self._beside(self._plays(), top)
            case "groups_plugins_play":
                yield from self._beside(self._plays(), groups)
            case "plugins_by_groups":
                for group in groups:
                    yield from self._beside([*self._sources(), *self._plays()], [group])

    def _in_inventory(self, groups: Iterable[Any]) -> Iterator[Layer]:
        for group in groups:
            if VARIABLE in group.vars:
                yield self._layer(group.vars[VARIABLE], f"group {group.name}")

    def _beside(self, places: Iterable[tuple[str, _Reader]], groups: Sequence[Any]) -> Iterator[Layer]:
        for place, read in places:
            for group in groups:
                key = (place, group.name)
                if key not in self._of_group:
                    found = read(group)
                    self._of_group[key] = (
                        [self._layer(found[VARIABLE], f"group {group.name}")] if VARIABLE in found else []
                    )
                yield from self._of_group[key]

    def _host_layers(self, host: Any) -> Iterator[Layer]:
        if VARIABLE in host.vars:
            yield self._layer(host.vars[VARIABLE], f"host {host.name}")
        for _place, read in (*self._sources(), *self._plays()):
            found = read(host)
            if VARIABLE in found:
                yield self._layer(found[VARIABLE], f"host {host.name}")

    def _sources(self) -> Iterator[tuple[str, _Reader]]:
        """Yield each inventory source and the reader of what vars plugins find beside it."""
        for source in self._inventory._sources:
            yield f"inventory {source}", partial(_beside_inventory, self._loader, source)

    def _plays(self) -> Iterator[tuple[str, _Reader]]:
        for folder in self._playbook_dirs:
            yield f"playbook {folder}", partial(_beside_playbook, self._loader, folder)

    def _layer(self, value: object, fallback: str) -> Layer:
        """Return a layer whose origin is the file that it was read from, where that is known."""
        return Layer(self._place(value) or fallback, value, partial(self._locate, value))

    def _locate(self, value: object, path: KeyPath) -> str | None:
        """Return the file of the key at ``path``, or of the nearest thing around it that knows its file."""
        place = self._place(value)
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                break
            value = value[name]
            place = self._place(value) or place
        return place

    def _place(self, value: object) -> str | None:
        """Return the file that ``value`` was read from, as short as it stays clear; None where it is not known."""
        file = file_of(value)
        if file is None or not file.startswith("/"):
            return file
        folders = [Path(source) for source in self._inventory._sources if source]
        nests = [folder if folder.is_dir() else folder.parent for folder in folders]
        for nest in [*nests, *(Path(folder).resolve().parent for folder in self._playbook_dirs)]:
            for form in (nest, nest.resolve()):
                if Path(file).is_relative_to(form):
                    return str(Path(file).relative_to(form))
        return file


def _beside_inventory(loader: Any, source: str, entity: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = get_vars_from_inventory_sources(loader, [source], [entity], _STAGE)
    return found


def _beside_playbook(loader: Any, folder: str, entity: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = get_vars_from_path(loader, folder, [entity], _STAGE)
    return found


def file_of(value: object) -> str | None:
    """Return the file from which Ansible read ``value``."""
    if Origin is not None:
        tag = Origin.get_tag(value)
        return None if tag is None else (tag.path or None)
    position = getattr(value, "ansible_pos", None)
    return str(position[0]) if position and position[0] else None


def _has_template(value: object) -> bool:
    """Whether a text somewhere in ``value`` is a template."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(_has_template(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_has_template(item) for item in value)


def _rendered(layer: Layer, templar: Any, problems: list[Problem]) -> Layer:
    """Return the layer with its templates filled in; what cannot be goes to ``problems``."""

    def render(value: object, path: KeyPath, at: str) -> object:
        if isinstance(value, Mapping):
            return {
                key: render(item, (*path, str(key)), f"{at}.{key}" if at else str(key)) for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [render(item, path, f"{at}[{number}]") for number, item in enumerate(value)]
        if not _has_template(value):
            return value
        try:
            return _plain(templar.template(value))
        except AnsibleError as error:
            fault = f"is a template that cannot be filled in ({error.message})"
            problems.append(Problem(layer.place(path), at, shown(value), fault, "define what it uses for this host"))
            return None

    return Layer(layer.origin, render(layer.value, (), ""), layer.locate)


def _plain(value: object) -> object:
    """Return ``value`` without Ansible's own subclasses of texts, numbers, lists and mappings."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
