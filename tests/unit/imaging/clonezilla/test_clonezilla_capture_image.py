# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image is worth is told by its files: half of one is never taken for whole, whatever anyone says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.capture import ClonezillaCapture
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.commands import Commands
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import SeatState

sys.path.insert(0, str(Path(__file__).parent))

from capture_scenes import REFERENCE, booted, capture_of, clean, said, wanted
from clonezilla_scenes import ROOM, Building, address

from lab.clonezilla.save import Save

GOOD = [SeatState.DONE]


def test_a_partition_that_cannot_be_saved_is_a_failure_although_the_pc_tells_nobody(building: Building) -> None:
    capture_of(building).start(wanted())
    save = booted(building).begin()
    save.write("sda1")
    save.write("sda2", 200_000)
    assert said(building).state is SeatState.STARTED
    save.fail("sda2")
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.FAILED, True)
    assert "waits for a key" in progress.seats[0].detail
    assert capture_of(building).verify(wanted()).state is SeatState.FAILED


@pytest.mark.parametrize("key", [False, True], ids=["nobody presses a key", "somebody presses a key"])
def test_half_an_image_is_never_done(building: Building, key: bool) -> None:
    capture_of(building).start(wanted())
    save = booted(building).begin()
    save.write("sda1")
    save.fail("sda2")
    if key:  # then the real one goes on, and writes parts, disk and its log as if nothing had been
        save.end()
    assert said(building).state is (SeatState.FAILED if key else SeatState.STARTED)
    assert capture_of(building).verify(wanted()).state not in GOOD


def test_a_pc_that_writes_nothing_for_half_an_hour_has_failed(building: Building) -> None:
    """The real one that cannot read its first partition has written next to nothing, and waits for a key."""
    capture_of(building).start(wanted())
    save = booted(building).begin()
    save.write("sda1", 1000)
    assert said(building).state is SeatState.STARTED
    building.later(29 * 60)
    assert said(building).state is SeatState.STARTED
    save.write("sda1", 2000)
    assert said(building).state is SeatState.STARTED
    building.later(30 * 60)
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.FAILED, True)
    assert "nothing was written for 30 minutes" in progress.seats[0].detail
    capture_of(building).finish(wanted())
    assert clean(building)


def test_a_full_disk_is_a_failure_at_once(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).begin().write("sda1")
    building.server.free(1000)
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.FAILED, True)
    assert "is full" in progress.seats[0].detail
    building.server.free(10**12)
    capture_of(building).cancel(wanted())
    assert said(building).state is SeatState.INTERRUPTED
    capture_of(building).finish(wanted())
    assert clean(building)


def test_the_words_of_anyone_in_the_network_make_no_image(building: Building) -> None:
    capture_of(building).start(wanted())
    Save(building.pc(REFERENCE), {"sda1": 1}).tell()
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.UNKNOWN, True)
    assert "there is no image" in progress.seats[0].detail


def harm(name: str) -> Callable[[Path], object]:
    def do(folder: Path) -> object:
        path = next(folder.glob(name))
        return path.unlink()

    return do


@pytest.mark.parametrize(
    "damage",
    [
        *(harm(name) for name in ("parts", "disk", "sda-pt.sf", "sda-mbr", "sda2.*", "Info-img-id.txt", "Info-saved*")),
        lambda folder: (folder / "sda1.ntfs-ptcl-img.zst").write_bytes(b""),
        lambda folder: (folder / "disk").write_text("sdb\n"),
        lambda folder: (folder / "clonezilla-img").write_text("### End of log ###"),
        lambda folder: (folder / "Info-saved-by-cmd.txt").write_text("/usr/sbin/ocs-sr --batch savedisk other sda\n"),
    ],
)
def test_an_image_that_lacks_anything_is_not_done(building: Building, damage: Callable[[Path], object]) -> None:
    capture_of(building).start(wanted())
    folder = booted(building).whole()
    assert said(building).state is SeatState.DONE
    damage(folder)
    assert said(building).state not in GOOD
    assert capture_of(building).verify(wanted()).state not in GOOD


def test_an_image_that_clonezilla_finds_broken_is_not_verified(building: Building) -> None:
    capture_of(building).start(wanted())
    folder = booted(building).whole()
    (folder / "corrupt").touch()
    told = capture_of(building).verify(wanted())
    assert told.state is SeatState.FAILED
    assert "ocs-chkimg ended with 1: Broken partition image(s) found: autumn" in told.detail
    assert said(building).state is SeatState.FAILED  # from now on
    capture_of(building).finish(wanted())
    assert not folder.exists()
    again = wanted(id="capture-autumn-20261121T230000Z-070809")
    assert capture_of(building).start(again).changed


def test_a_check_that_takes_too_long_proves_nothing_and_loses_nothing(building: Building) -> None:
    capture_of(building).start(wanted())
    folder = booted(building).whole()
    (building.root / "usr/sbin/ocs-chkimg").write_text("#!/bin/sh\nexec sleep 60\n")
    server = replace(building.looked_at, commands=Commands(building.layout, 1))
    told = ClonezillaCapture(server, lambda: building.now).verify(wanted())
    assert told.state is SeatState.UNKNOWN
    assert "did not end in time" in told.detail
    assert said(building).state is SeatState.DONE
    capture_of(building).finish(wanted())
    assert folder.exists()


@pytest.mark.parametrize(("name", "program"), [("MD5SUMS", "md5sum"), ("SHA1SUMS", "sha1sum"), ("B2SUMS", "b2sum")])
def test_the_checksums_that_the_pc_has_made_are_compared(building: Building, name: str, program: str) -> None:
    capture_of(building).start(wanted())
    folder = booted(building).whole()
    told = os.popen(f"cd '{folder}' && {program} sda1* sda2* parts").read()
    (folder / name).write_text(told)
    assert capture_of(building).verify(wanted()).state is SeatState.DONE
    data = bytearray((folder / "sda2.ntfs-ptcl-img.zst").read_bytes())
    data[1000] ^= 1
    (folder / "sda2.ntfs-ptcl-img.zst").write_bytes(data)
    now = capture_of(building).verify(wanted())
    assert now.state is SeatState.FAILED
    assert f"sda2.ntfs-ptcl-img.zst has another checksum than {name} tells" in now.detail


def test_a_whole_image_of_a_pc_that_stays_armed_is_not_done_before_it_is_disarmed(building: Building) -> None:
    """It would save itself again at its next boot, and remove the image for that."""
    capture_of(building).start(wanted())
    save = booted(building).begin()
    save.write("sda1")
    save.write("sda2")
    save.tables()
    save.sign()  # its words to the server are lost
    progress = capture_of(building).progress(wanted())
    assert (progress.seats[0].state, progress.closed) == (SeatState.STARTED, False)
    assert "still armed" in progress.seats[0].detail
    capture_of(building).cancel(wanted())
    assert building.armed() == set()
    assert said(building).state is SeatState.DONE
    assert capture_of(building).verify(wanted()).state is SeatState.DONE
    capture_of(building).finish(wanted())
    assert save.folder.exists()


def test_cancel_disarms_and_finish_moves_half_an_image_away(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).begin().write("sda1")
    cancelled = capture_of(building).cancel(wanted())
    assert [step.text.split()[0] for step in cancelled.requests[:2]] == ["drbl-ocs", "dcs"]
    assert clean(building)
    assert (said(building).state, capture_of(building).progress(wanted()).closed) == (SeatState.INTERRUPTED, True)
    assert not capture_of(building).start(wanted()).changed  # it does not start twice
    planned = [step.text for step in capture_of(building).finish(wanted(), check=True).requests]
    images = building.server.tree.images
    moved = f"mv {images / 'autumn'} {images / 'autumn-broken-4d5e6f'}"
    assert planned == [moved]
    assert moved in [step.text for step in capture_of(building).finish(wanted()).requests]
    assert (images / "autumn-broken-4d5e6f" / "sda1.ntfs-ptcl-img.zst").exists()
    again = wanted(id="capture-autumn-20261121T230000Z-070809")
    assert capture_of(building).start(again).changed  # the name is free


def test_a_capture_that_never_came_is_cancelled_without_a_trace(building: Building) -> None:
    capture_of(building).start(wanted())
    capture_of(building).cancel(wanted())
    assert said(building).state is SeatState.CANCELLED
    capture_of(building).finish(wanted())
    assert clean(building)
    assert [path.name for path in sorted(building.server.tree.images.iterdir())] == ["summer", "winter"]


def test_what_somebody_starts_meanwhile_interrupts_the_capture_and_goes_on(building: Building) -> None:
    capture_of(building).start(wanted())
    booted(building).begin().write("sda1")
    hosts = address(ROOM[0])
    assert building.by_hand("drbl-ocs", "-b", "-h", hosts, "startdisk", "restore", "winter", "sda") == 0
    assert said(building).state is SeatState.INTERRUPTED
    capture_of(building).cancel(wanted())
    assert building.armed() == {ROOM[0]}
    assert building.running() == {"ocsmgrd": 1}
