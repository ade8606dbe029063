# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role ``golden_image`` captures through Clonezilla SE, by stock ansible-playbook, on a DRBL server of the lab.

The catalogue says that the reference PC is generalised already; the PC is one that the test boots.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden import catalogue_file
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import Step, Version

from lab.clonezilla.deploy import hexadecimal
from lab.clonezilla.save import Save
from lab.clonezilla.server import DrblServer, Pc, drbl_server
from tests.unit.golden.golden_scenes import candidate

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
REFERENCE = Pc("ref", "52:54:00:77:00:01", "10.77.0.80")
SEAT = Pc("b12", "52:54:00:77:00:02", "10.77.0.81")
PARTS = {"sda1": 100_000, "sda2": 300_000}
PATIENCE = 120  # seconds, on a busy machine


@dataclass
class Workshop:
    """The server, the catalogue, and someone who runs the role."""

    folder: Path
    server: DrblServer

    @property
    def catalogue(self) -> Path:
        return self.folder / "images.json"

    @property
    def version(self) -> Version:
        (one,) = catalogue_file.read(self.catalogue).versions
        return one

    @property
    def step(self) -> Step:
        return catalogue_file.read(self.catalogue).step("classroom")

    def armed(self) -> set[str]:
        """The names of the PCs that would be given to Clonezilla, found by what they boot."""
        tree = self.server.tree
        names = {pc.name: ("01-" + pc.mac.replace(":", "-"), hexadecimal(pc.address)) for pc in (REFERENCE, SEAT)}
        texts = {pc: [untraced(tree.pxelinux / name) for name in (*of, "default")] for pc, of in names.items()}
        return {pc for pc, found in texts.items() if "ocs_opt=" in next(text for text in found if text)}

    def started(self) -> bool:
        """Whether a capture is armed, and proved to be as wanted."""
        jobs = (self.server.tree.root / "var/lib/nightshift/clonezilla").glob("capture-*.json")
        return any(json.loads(path.read_text())["phase"] == "started" for path in jobs)

    def images(self) -> list[str]:
        return sorted(path.name for path in self.server.tree.images.iterdir())

    def make(self, at_work: Callable[[Save], object], *, kill: bool = False) -> tuple[int, str]:
        """Run the role; the PC boots once it is armed, and does its work. Return exit code and output.

        ``kill``: when the PC has done that, the run is killed with all that it has started.
        """
        with subprocess.Popen(
            self._command(),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            until = time.monotonic() + PATIENCE
            while not self.started() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
            if process.poll() is None:
                assert self.armed() == {"ref"}
                pc = self.server.pc("ref")
                assert pc.boot() == "clonezilla"
                at_work(Save(pc, PARTS))
            if kill:
                os.killpg(process.pid, signal.SIGKILL)
            said, _nothing = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def carry_on(self, **told: object) -> tuple[int, str]:
        """Run the role, with other variables besides; the PC does nothing."""
        done = subprocess.run(
            self._command(**told), cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout

    def _command(self, **more: object) -> list[str]:
        inventory = self.folder / "inventory.json"
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory.write_text(json.dumps({"all": {"hosts": {"ref": host, "localhost": host}}}), encoding="utf-8")
        root = self.server.tree.root
        told: dict[str, Any] = {
            "golden_image_name": "classroom",
            "golden_image_unattend": "C:\\clone.xml",
            "golden_image_mac": REFERENCE.mac,
            "golden_image_server": "drbl-1",
            "golden_image_servers": {"drbl-1": {"engine": "clonezilla", "clonezilla": {"root": str(root)}}},
            "golden_image_disk": "sda",
            "golden_image_images_folder": str(self.server.tree.images),
            "golden_image_manifests_folder": str(self.folder / "manifests"),
            "golden_image_job_folder": str(self.folder / "jobs"),
            "golden_image_catalogue": str(self.catalogue),
            "golden_image_poll": "1s",
            "golden_image_capture_time": "2m",
            "golden_image_guard": "0",
            **more,
        }
        book = self.folder / "golden.yml"
        task = {"ansible.builtin.include_role": {"name": "nightshift.fleet.golden_image"}, "vars": told}
        book.write_text(json.dumps([{"hosts": "ref", "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
        return [str(PLAYBOOK), "-i", str(inventory), str(book)]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return kept | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(self.folder / "ansible")}


def untraced(path: Path) -> str:
    """Read a file, "" where there is none; whether a PC has fetched it is told by its time of access."""
    if not path.is_file():
        return ""
    status = path.stat()
    text = path.read_text()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return text


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    """A server, and a reference PC that is generalised and off."""
    with drbl_server(tmp_path / "drbl", [REFERENCE, SEAT]) as server:
        shop = Workshop(tmp_path, server)
        catalogue_file.write(shop.catalogue, candidate(1))
        assert shop.step is Step.CAPTURE
        yield shop


def stumble(save: Save) -> None:
    """Save one partition, fail at the other, and wait for a key."""
    save.begin()
    save.write("sda1")
    save.write("sda2")
    time.sleep(4)  # someone has looked
    save.fail("sda2")


def test_the_image_is_captured_and_recorded_with_the_checksums_of_its_files(workshop: Workshop) -> None:
    code, said = workshop.make(Save.whole)
    assert code == 0, said
    assert workshop.step is Step.TEST
    capture = workshop.version.capture
    assert capture is not None and capture.job.startswith("capture-classroom-1-"), capture
    manifest = (workshop.folder / "manifests" / "classroom-1.sha256").read_text()
    files = {path.name for path in (workshop.server.tree.images / "classroom-1").iterdir()}
    assert {line.split("  ")[1] for line in manifest.splitlines()} == files
    assert (workshop.armed(), workshop.images()) == (set(), ["classroom-1"])
    assert not list((workshop.folder / "jobs").iterdir())


@pytest.mark.slow
def test_a_capture_that_breaks_off_makes_no_version_and_the_next_run_captures_anew(workshop: Workshop) -> None:
    code, said = workshop.make(stumble)
    assert code != 0
    assert "classroom-1 is not captured" in said
    assert "failed" in said, said
    assert (workshop.step, workshop.version.capture) == (Step.CAPTURE, None)
    assert workshop.armed() == set()
    (left,) = workshop.images()
    assert left.startswith("classroom-1-broken-")
    code, said = workshop.make(Save.whole)
    assert code == 0, said
    assert workshop.step is Step.TEST
    assert workshop.images() == ["classroom-1", left]


@pytest.mark.slow
def test_a_run_that_is_killed_while_the_disk_is_read_is_carried_on_with(workshop: Workshop) -> None:
    saves: list[Save] = []

    def half(save: Save) -> None:
        saves.append(save.begin())
        save.write("sda1")

    workshop.make(half, kill=True)
    assert (workshop.step, workshop.version.capture) == (Step.CAPTURE, None)
    (job,) = (workshop.server.tree.root / "var/lib/nightshift/clonezilla").glob("capture-*.json")
    (save,) = saves
    save.write("sda2")
    save.end()  # while nobody watches

    code, said = workshop.carry_on()
    assert code == 0, said
    assert workshop.step is Step.TEST
    capture = workshop.version.capture
    assert capture is not None and capture.job == job.stem
    assert (workshop.armed(), workshop.images()) == (set(), ["classroom-1"])


@pytest.mark.slow
def test_a_killed_capture_is_disarmed_and_its_version_made_by_the_next_run(workshop: Workshop) -> None:
    workshop.make(Save.begin, kill=True)
    assert workshop.armed() == {"ref"}
    code, said = workshop.carry_on(golden_image_disarm=True)
    assert code == 0, said
    assert (workshop.armed(), workshop.step) == (set(), Step.CAPTURE)
    code, said = workshop.make(Save.whole)
    assert code == 0, said
    assert (workshop.armed(), workshop.step) == (set(), Step.TEST)


def test_an_image_of_that_name_stops_the_run_before_anything_is_armed(workshop: Workshop) -> None:
    folder = workshop.server.add_image("classroom-1", {"sda1": 10})
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, said = workshop.make(Save.whole)
    assert code != 0
    assert "Clonezilla would remove it" in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert (workshop.armed(), workshop.step) == (set(), Step.CAPTURE)
