# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the inventory plugins of this collection do alike (the edge to Ansible)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ansible import constants
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable


class Source(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """A source of hosts: its name, its cache, its constructed variables and groups, and how it fails."""

    SUFFIXES: tuple[str, ...] = ()

    def verify_file(self, path: str) -> bool:
        """Whether the source is ours by its name."""
        return bool(super().verify_file(path)) and str(path).endswith(self.SUFFIXES)

    def refuse(self, message: str) -> NoReturn:
        """End with an error; the whole run with it, where ``fail_run`` says so."""
        if self.get_option("fail_run"):
            # Ansible asks this once all plugins have declined the source: the only way to an exit code.
            constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
        raise AnsibleParserError(message)

    def kept(self, key: str, cache: bool, read: Callable[[], Any], fresh: Callable[[Any], bool] | None = None) -> Any:
        """Return what ``read`` gives, from the cache when that is on, has it, and it is ``fresh`` still."""
        if not self.get_option("cache"):
            return read()
        key = self.get_cache_key(key)
        found = self._cache.get(key) if cache else None
        if found is None or (fresh is not None and not fresh(found)):
            found = self._cache[key] = read()
        return found

    def known(self, host: str) -> Mapping[str, Any]:
        """Return what earlier sources told of a host."""
        of_inventory = self.inventory.hosts.get(host)
        return {} if of_inventory is None else of_inventory.vars

    def add(self, host: str, variables: Mapping[str, object], groups: tuple[str, ...]) -> None:
        """Add a host, or what is told of one that is there, and what is constructed of all its variables."""
        self.inventory.add_host(host)
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        for group in groups:
            self.inventory.add_group(group)
            self.inventory.add_child(group, host)
        self.construct(host)

    def construct(self, host: str) -> None:
        """Apply the options ``compose``, ``groups`` and ``keyed_groups``."""
        compose, groups, keyed = (self.get_option(name) for name in ("compose", "groups", "keyed_groups"))
        if not (compose or groups or keyed):
            return
        strict = self.get_option("strict")
        variables = self.inventory.get_host(host).get_vars()
        self._set_composite_vars(compose, variables, host, strict=strict)
        self._add_host_to_composed_groups(groups, variables, host, strict=strict)
        self._add_host_to_keyed_groups(keyed, variables, host, strict=strict)
