# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ansible-builder is told to put into the image is enough: installed alone, it patrols a PC."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.operator import ROOT, Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

BIN = Path(sys.executable).parent
BUILDER = str(BIN / "ansible-builder")
POLICY = {"zone": "Europe/Rome", "install": {"any_time": True}}


def run(*command: str, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("ANSIBLE_")}, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context that ansible-builder makes of this checkout."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "build").mkdir()
    shutil.copytree(ROOT / "meta", folder / "meta")  # its links become what they point to
    galaxy = str(BIN / "ansible-galaxy")
    run(galaxy, "collection", "build", str(ROOT), "--output-path", str(folder / "build"), cwd=folder)
    run(BUILDER, "create", "-f", "meta/execution-environment.yml", "-c", "context", cwd=folder)
    return folder / "context"


def definition() -> dict[str, Any]:
    said: dict[str, Any] = yaml.safe_load((ROOT / "meta" / "execution-environment.yml").read_text(encoding="utf-8"))
    return said


def test_the_image_has_the_version_of_this_checkout() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    name = f"nightshift-fleet-{version}.tar.gz"
    assert [row["src"] for row in definition()["additional_build_files"]] == [f"../build/{name}"]
    assert [row["name"] for row in definition()["dependencies"]["galaxy"]["collections"]] == [
        f"/build/collections/{name}"
    ]


def test_the_image_gets_the_artefact_what_it_lists_and_the_driver_of_its_ledger(context: Path) -> None:
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    for row in wanted["collections"]:
        assert (context / "_build" / Path(row["name"]).relative_to("/build")).is_file(), "the artefact goes with it"
    dockerfile = (context / "Dockerfile").read_text(encoding="utf-8")
    assert "psycopg[binary]" in dockerfile and "introspect" in dockerfile


@pytest.mark.slow  # two environments are installed
def test_what_is_listed_installs_in_a_fresh_environment_and_patrols(
    context: Path, tmp_path: Path, lab_of: Callable[..., Operator]
) -> None:
    said = definition()["dependencies"]
    fresh, collections = tmp_path / "fresh", tmp_path / "collections"
    run(sys.executable, "-m", "venv", str(fresh), cwd=tmp_path)
    pip = (str(fresh / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, said["ansible_core"]["package_pip"], said["ansible_runner"]["package_pip"], cwd=tmp_path)

    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    for row in wanted["collections"]:
        row["name"] = row["name"].replace("/build/", f"{context}/_build/")
    (tmp_path / "requirements.yml").write_text(yaml.safe_dump(wanted), encoding="utf-8")
    install = ("collection", "install", "-r", "requirements.yml", "-p", str(collections))
    run(str(fresh / "bin" / "ansible-galaxy"), *install, cwd=tmp_path, ANSIBLE_COLLECTIONS_PATH=str(collections))

    stated = str(context / "_build" / "requirements.txt")
    run(BUILDER, "introspect", str(collections), "--user-pip", stated, "--write-pip", "pip.txt", cwd=tmp_path)
    listed = (tmp_path / "pip.txt").read_text(encoding="utf-8").lower()
    assert "sqlalchemy" in listed and "pywinrm" in listed
    run(*pip, "-r", "pip.txt", cwd=tmp_path)

    lab = lab_of([pc()], "2026-11-23T10:00:00+00:00", {"desktops": POLICY}, catalogue=catalogue(UPDATES[0]))
    command = lab.command("patrol")
    command[0] = str(fresh / "bin" / "ansible-playbook")
    environment = {**lab.variables(), "ANSIBLE_COLLECTIONS_PATH": str(collections), "PYTHONPATH": ""}
    run(*command, cwd=lab.folder, **environment)
    assert lab.installed("pc-001") == ["KB9000001"]
    where = run(str(fresh / "bin" / "ansible-doc"), "-F", "nightshift.fleet", cwd=tmp_path, **environment)
    assert str(collections) in where, "it was the artefact, and not this checkout"
