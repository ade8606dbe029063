# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's programs as processes of their own, forked from one that has loaded Ansible and the collection already.

What a program reads when it begins it reads in each of them anew: its configuration, its environment, where collections
are found. Only the text of Python modules is not read again, which is more than half of what a short play costs.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import multiprocessing
import os
import pkgutil
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from types import ModuleType
from typing import Any

from tests.services import forked

PROGRAMS = ("ansible.cli.playbook", "ansible.cli.inventory")
PLUGINS = ("ansible.plugins.strategy.linear", "ansible.plugins.connection.winrm", "ansible.plugins.inventory.yaml")
COLLECTION = "ansible_collections.nightshift.fleet.plugins"
OURS = ("plugin_utils", "action", "callback", "inventory", "lookup")
_one_at_a_time = threading.Lock()
_line: Connection | None = None


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> CompletedProcess[str]:
    """Run ``ansible-playbook`` or ``ansible-inventory``, given by its path, as forked.run does with other programs."""
    with forked.files("") as folder, _one_at_a_time:
        words = [str(word) for word in command]
        line = _connected()
        line.send((words, str(folder), str(cwd or Path.cwd()), dict(os.environ if env is None else env), timeout))
        code = line.recv()
        if code is None:
            raise TimeoutExpired(words, timeout)
        return CompletedProcess(words, code, *forked.said(folder))


def _connected() -> Connection:
    """Return the line to the process that forks; it is started at the first call and ends with this one."""
    global _line
    if _line is None:
        _line, other = multiprocessing.Pipe()
        forked.SERVER.Process(target=_fork_on_demand, args=(other,)).start()
        other.close()
        atexit.register(_line.close)  # before multiprocessing waits for it
    return _line


def _fork_on_demand(line: Connection) -> None:
    """Fork a program for each order that comes, and answer how it ended: None when it took too long."""
    _load()
    fork = multiprocessing.get_context("fork")
    while True:
        try:
            *program, timeout = line.recv()
        except EOFError:
            return
        line.send(forked.ended(fork.Process(target=_be, args=program), timeout))


def _load() -> None:
    """Load Ansible, and the collection by Ansible's own loader."""
    for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
        del os.environ[name]
    os.environ["ANSIBLE_DEPRECATION_WARNINGS"] = "false"  # here: these are plugins that nobody asked for
    manager: Any = importlib.import_module("ansible.config.manager").ConfigManager
    manager._read_config_yaml_file = functools.cache(manager._read_config_yaml_file)  # which settings Ansible has
    for name in PROGRAMS:
        importlib.import_module(name)
    loader: Any = importlib.import_module("ansible.plugins.loader")
    loader.init_plugin_loader()
    for name in PLUGINS:
        importlib.import_module(name)
    for name in OURS:
        _load_all(importlib.import_module(f"{COLLECTION}.{name}"))
    for kind in (loader.callback_loader, loader.filter_loader, loader.test_loader):
        list(kind.all())  # reads the documents of these plugins, for their options
    importlib.import_module(f"{COLLECTION}.plugin_utils.ledger").prepare()
    gc.freeze()  # else each program copies all this memory when it collects garbage


def _load_all(package: ModuleType) -> None:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not found.name.endswith(".migrations"):  # Alembic's, which it runs itself
            module = importlib.import_module(found.name)
            if found.ispkg:
                _load_all(module)


def _be(words: list[str], folder: str, cwd: str, env: dict[str, str]) -> None:
    """Become the program, which finds Ansible's configuration and collections as if nothing had been loaded."""
    finder: Any = importlib.import_module("ansible.utils.collection_loader._collection_finder")
    finder._AnsibleCollectionFinder._remove()
    forked.become(words, folder, cwd, env, before=_configure)


def _configure() -> None:
    """Read Ansible's configuration; which options plugins have is known, and has nothing to do with it."""
    constants: Any = sys.modules["ansible.constants"]
    options = constants.config._plugins
    importlib.reload(constants)
    constants.config._plugins = options
