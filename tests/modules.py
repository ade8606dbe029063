# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules as Ansible runs them, and as their documentation has them with the fragments that it extends."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tests.services import forked

OURS = "ansible_collections.nightshift.fleet.plugins"
# What Ansible's own wrapper does with a module: its arguments stand in basic, then it runs as the main program.
_WRAPPER = """
import runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = sys.stdin.buffer.read(), "legacy"
runpy.run_module("{name}", run_name="__main__")
"""


def run_module(
    name: str,
    arguments: Mapping[str, Any],
    *,
    check: bool = False,
    env: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    timeout: float = 120.0,
) -> dict[str, Any]:
    """Run a module of ours; return its result, in which ``failed`` is always. Nothing that it says has a secret."""
    told = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, "_ansible_check_mode": check}})
    wrapper = _WRAPPER.format(name=f"{OURS}.modules.{name}")
    done = forked.run(["-c", wrapper], input=told, env=env, timeout=timeout)
    for secret in secrets:
        assert secret not in done.stdout + done.stderr
    assert done.stdout, done.stderr
    result: dict[str, Any] = {"failed": False, **json.loads(done.stdout)}
    assert done.returncode == int(result["failed"])
    return result


def options_of(documentation: str) -> dict[str, dict[str, Any]]:
    """Return the options of a module, by name: its own, and those of our fragments."""
    own: dict[str, Any] = yaml.safe_load(documentation)
    options: dict[str, dict[str, Any]] = {}
    for fragment in own.get("extends_documentation_fragment", ()):
        room = importlib.import_module(f"{OURS}.doc_fragments.{fragment.rpartition('.')[2]}")
        options |= yaml.safe_load(room.ModuleDocFragment.DOCUMENTATION).get("options", {})
    return options | own["options"]
