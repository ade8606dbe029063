# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's own tools over inventory sources that a test has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.services import plays

BIN = Path(sys.executable).parent


def run(folder: Path, tool: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of Ansible with a clean environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "NIGHTSHIFT_"))}
    given = {**clean, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", **variables}
    return plays.run([BIN / tool, *arguments], cwd=folder, env=given, timeout=300)


def write_source(folder: Path, name: str, plugin: str, **options: Any) -> Path:
    """Write an inventory source of a plugin of ours."""
    path = folder / name
    path.write_text(yaml.safe_dump({"plugin": f"nightshift.fleet.{plugin}", **options}), encoding="utf-8")
    return path


def read(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read what ansible-inventory printed; core 2.19 and newer mark text that is never a template."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout, object_hook=lambda value: value.get("__ansible_unsafe", value))
    return found


def listed(folder: Path, *sources: Path, **variables: str) -> dict[str, Any]:
    """Return the whole inventory of some sources, in their order."""
    inputs = [part for source in sources for part in ("-i", str(source))]
    return read(run(folder, "ansible-inventory", *inputs, "--list", **variables))


def hosts(inventory: dict[str, Any], group: str) -> list[str]:
    """Return the hosts of a group, in the order of the alphabet."""
    return sorted(inventory.get(group, {}).get("hosts", []))


def variables(inventory: dict[str, Any], host: str) -> dict[str, Any]:
    """Return the variables of a host."""
    found: dict[str, Any] = inventory["_meta"]["hostvars"][host]
    return found


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a tool complained of, without line breaks."""
    return " ".join(done.stderr.split())
