# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build the collection, install the artefact into an empty folder, and run it there without lab and tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
KEPT_OUT = ("lab/", "tests/", "benchmarks/", "scripts/", ".", "extensions/molecule/", "inventories/lab/", "build/")
NEEDED = (
    "LICENSE",
    "README.md",
    "meta/runtime.yml",
    "plugins/inventory/device_register.py",
    "plugins/modules/win_patch_report.ps1",
    "plugins/modules/win_patch_scan.ps1",
    "playbooks/patrol.yml",
    "requirements.txt",
)
PLAYBOOKS = ("patrol", "scan", "explain")
REGISTER = "name,address,class,mac\nPC-017,127.0.0.1,desktop,00:1a:2b:3c:4d:5e\n"
SOURCE = "plugin: nightshift.fleet.device_register\npath: register.csv\n"


def ansible(folder: Path, tool: str, *arguments: str) -> str:
    """Run a tool of Ansible in ``folder``, which sees the artefact before the checkout; return its output."""
    done = subprocess.run(
        [str(BIN / tool), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
            "ANSIBLE_NOCOLOR": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"artifact: {tool} {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_contents(artefact: Path) -> int:
    """Return the number of files in it. Exits when one is missing, or should not be there."""
    with tarfile.open(artefact) as tar:
        names = [member.name for member in tar.getmembers() if member.isfile()]
    extra = [name for name in names if name.startswith(KEPT_OUT) or "__pycache__" in name]
    missing = [name for name in NEEDED if name not in names]
    if extra or missing:
        sys.exit(f"artifact: should not be in it: {extra or 'nothing'}; is not in it: {missing or 'nothing'}")
    return len(names)


def main() -> None:
    """Build, look, install, run."""
    with tempfile.TemporaryDirectory(prefix="nightshift-artifact-") as name:
        folder = Path(name)
        ansible(folder, "ansible-galaxy", "collection", "build", str(ROOT), "--output-path", str(folder))
        (artefact,) = folder.glob("nightshift-fleet-*.tar.gz")
        count = check_contents(artefact)
        ansible(
            folder,
            "ansible-galaxy",
            "collection",
            "install",
            str(artefact),
            "-p",
            "collections",
            "--force",
            "--offline",
        )
        installed = folder / "collections" / "ansible_collections" / "nightshift" / "fleet"
        (folder / "register.csv").write_text(REGISTER, encoding="utf-8")
        (folder / "fleet.nightshift.yml").write_text(SOURCE, encoding="utf-8")
        inventory = json.loads(ansible(folder, "ansible-inventory", "-i", "fleet.nightshift.yml", "--list"))
        if inventory["desktops"]["hosts"] != ["PC-017"]:
            sys.exit(f"artifact: the installed inventory plugin read {inventory}")
        modules = ("win_patch_report", "win_patch_scan", "win_patch_apply", "win_patch_restart")
        docs = json.loads(ansible(folder, "ansible-doc", "--json", *(f"nightshift.fleet.{name}" for name in modules)))
        elsewhere = [
            name for name, doc in docs.items() if not doc["doc"]["filename"].startswith(str(installed.resolve()))
        ]
        if elsewhere:
            sys.exit(f"artifact: not run from the installed copy: {', '.join(elsewhere)}")
        played = [f"nightshift.fleet.{playbook}" for playbook in PLAYBOOKS]
        ansible(folder, "ansible-playbook", *played, "-i", "fleet.nightshift.yml", "--syntax-check")
        print(
            f"artifact: {artefact.name} ({count} files, {artefact.stat().st_size // 1024} KiB) installs and runs alone"
        )


if __name__ == "__main__":
    main()
