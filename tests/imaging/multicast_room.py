# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A room of small PCs that take one partition from a multicast: no imaging server, the transfer alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.imaging import images, userland
from tests.imaging.cell import Cell, Inside, cell
from tests.imaging.images import Image, OnDisk
from tests.imaging.needs import program
from tests.imaging.network import HTTP, SERVER, SWITCH, places, serve, wire
from tests.imaging.seats import EMULATED, Seat

PORT = 9000
MEGABYTES = 48
_BOOT = """\
#!ipxe
kernel {http}/vmlinuz console=ttyS0 quiet panic=-1 {emulated} address=${{net0/ip}} server={server} port={port}
initrd {http}/initrd.gz
boot
"""


@dataclass(frozen=True, slots=True)
class Room:
    """The PCs, what their disks held before, and the image they are to get. ``packed``: what the sender sends."""

    cell: Cell
    seats: tuple[Seat, ...]
    old: Image
    new: Image
    packed: Path

    def send(self, *, receivers: int, wait: int, bitrate: str, patience: int = 50) -> Inside:
        """Start the real sender. ``wait``: seconds after the first PC; ``patience``: retries before one is dropped."""
        command = [program("udp-sender"), "--file", str(self.packed), "--interface", SWITCH, "--portbase", str(PORT)]
        command += ["--mcast-rdv-address", "239.7.7.7", "--ttl", "1", "--nokbd", "--full-duplex"]
        command += ["--min-receivers", str(receivers), "--max-wait", str(wait)]
        command += ["--max-bitrate", bitrate, "--retries-until-drop", str(patience)]
        return self.cell.start("sender", command)

    def verdicts(self) -> list[OnDisk]:
        """What each seat's disk holds."""
        return [images.judged(seat.disk, self.new, self.old) for seat in self.seats]

    def told(self) -> str:
        """The last words of everybody, for a test that fails."""
        files = sorted(self.cell.logs.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-1500:]}" for file in files)


@contextmanager
def multicast_room(folder: Path, *, count: int = 2, payload: int) -> Iterator[Room]:
    """Make a room whose PCs are off and hold the old image. ``payload``: bytes of the image."""
    logs, files = folder / "logs", folder / "files"
    logs.mkdir()
    files.mkdir()
    (files / "vmlinuz").symlink_to(userland.vmlinuz())
    (files / "initrd.gz").symlink_to(userland.initrd())
    (files / "table").write_bytes(images.partition_table(MEGABYTES))
    (files / "boot.ipxe").write_text(
        _BOOT.format(http=HTTP, emulated=EMULATED, server=SERVER, port=PORT), encoding="ascii"
    )
    old = images.make_image("1", folder, payload=payload, megabytes=MEGABYTES)
    new = images.make_image("2", folder, payload=payload, megabytes=MEGABYTES)
    packed = images.capture(new, folder)
    with cell(logs) as inside:
        seats = []
        for place in places("S12", count):
            disk = folder / f"{place.name}.raw"
            images.make_disk(old, disk)
            seats.append(Seat(inside, place, disk))
        wire(inside, [seat.place for seat in seats])
        serve(inside, [seat.place for seat in seats], files, boot=f"{HTTP}/boot.ipxe")
        yield Room(inside, tuple(seats), old, new, packed)
