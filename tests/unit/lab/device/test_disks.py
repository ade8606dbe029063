# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC's files come from memory, or from a file system in a raw disk image."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.device.disk import DATA_FOLDER, MemoryDisk, RawDisk
from lab.device.markers import MarkerTorn, read_marker, write_marker
from tests.unit.lab.device.benches import bench

TOOLS = all(shutil.which(tool) for tool in ("mke2fs", "debugfs"))
RUN = {"job": "reimage-b12-20261123T150000Z-1f2e3d", "room": "b12", "written": "2026-11-23T15:00:04Z"}
MIB = 1024 * 1024


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Return a raw disk: 1 MiB of nothing, then an ext4 file system with a marker and a file."""
    if not TOOLS:
        pytest.skip("mke2fs and debugfs (e2fsprogs) are not there")
    tree = tmp_path / "tree"
    data = tree / "ProgramData" / "nightshift"
    data.mkdir(parents=True)
    (data / "run.json").write_text(json.dumps(RUN))
    (tree / "a file.bin").write_bytes(bytes(range(256)) * 40)
    disk = tmp_path / "disk.raw"
    disk.write_bytes(b"\0" * 9 * MIB)
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-F", "-E", f"offset={MIB}", "-d", str(tree), str(disk), "8M"], check=True
    )
    return disk


def test_files_are_found_in_a_partition_of_a_raw_disk(raw: Path) -> None:
    disk = RawDisk(raw, {"C": MIB})
    assert disk.read("C:\\a file.bin") == bytes(range(256)) * 40
    assert read_marker(disk, "run") == RUN
    assert disk.read("C:\\nothing\\here") is None
    assert read_marker(disk, "image") is None


def test_a_drive_that_the_disk_has_not_is_an_error_and_not_a_missing_file(raw: Path) -> None:
    with pytest.raises(OSError, match="no drive D"):
        RawDisk(raw, {"C": MIB}).read("D:\\a file.bin")


def test_a_disk_without_a_file_system_cannot_be_read(tmp_path: Path) -> None:
    if not TOOLS:
        pytest.skip("debugfs (e2fsprogs) is not there")
    empty = tmp_path / "empty.raw"
    empty.write_bytes(b"\0" * MIB)
    with pytest.raises(OSError, match=r"a\.txt"):
        RawDisk(empty).read("C:\\a.txt")


def test_a_raw_disk_is_never_written(raw: Path) -> None:
    before = raw.read_bytes()
    with pytest.raises(OSError, match="only read"):
        write_marker(RawDisk(raw, {"C": MIB}), "run", RUN)
    assert raw.read_bytes() == before


def test_a_seat_can_tell_what_lies_on_a_raw_disk(raw: Path) -> None:
    seat = bench()
    seat.pc.disk = RawDisk(raw, {"C": MIB})
    told = seat.call("nightshift.fleet.win_seat_check", files=[{"path": "C:\\a file.bin"}, {"path": "D:\\x"}])["seat"]
    assert told["run_marker"] == RUN
    assert told["image"] is None
    assert [one["sha256"] is None for one in told["files"]] == [False, True]
    assert list(told["unread"]) == ["files:D:\\x"]


def test_paths_on_windows_have_no_case() -> None:
    disk = MemoryDisk.of({"C:\\Room\\List.txt": "x"})
    assert disk.read("c:\\room\\LIST.TXT") == b"x"


def test_half_a_marker_is_torn() -> None:
    disk = MemoryDisk()
    disk.write(f"{DATA_FOLDER}\\run.json", json.dumps(RUN).encode()[:30])
    with pytest.raises(MarkerTorn, match=r"run\.json"):
        read_marker(disk, "run")
