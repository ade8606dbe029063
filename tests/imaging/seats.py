# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Emulated PCs: a disk, a network card to boot from, a power switch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.imaging.cell import Cell, Inside
from tests.imaging.needs import program
from tests.imaging.network import Place

# Of Debian's qemu-system-common; later a package of its own.
VIRTIOFSD = next((path for path in ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd") if Path(path).exists()), "")
# Words for a kernel that is emulated: a loaded machine has no even clock, and programs that lie at the same place
# each time are translated once.
EMULATED = "no_timer_check norandmaps"


class TooLate(AssertionError):
    """What was waited for did not come; with the last words of those who were asked."""


def until(what: str, true: Callable[[], bool], *, seconds: float, told: Callable[[], str] = str) -> None:
    """Wait until ``true()``. Raises TooLate after ``seconds``, with the end of what ``told()`` returns."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TooLate(f"not within {seconds:.0f} s: {what}\n{told()[-3000:]}")
        time.sleep(0.1)


@dataclass(slots=True)
class Seat:
    """A PC. ``disk``: its disk as a file; it outlives the PC's runs. ``share``: a folder, as the cell sees it, that the
    PC may mount and write to, by the name ``images``."""

    cell: Cell
    place: Place
    disk: Path
    megabytes: int = 160
    share: Path | None = None
    runs: list[Inside] = field(default_factory=list)

    def on(self) -> None:
        """Switch it on; it boots from the network first. The console is the run's log."""
        assert not self.running(), f"{self.place.name} is on already"
        if self.share is not None:
            self._share(self.share)
        self.runs.append(self.cell.start(f"{self.place.name}-{len(self.runs) + 1}", self._command()))

    def running(self) -> bool:
        """Whether it is on."""
        return bool(self.runs) and self.runs[-1].running()

    def unplug(self) -> None:
        """Take its power away, whatever it does."""
        self.runs[-1].kill()
        self.runs[-1].wait(20)

    def console(self) -> str:
        """What it has written since it was switched on last."""
        return self.runs[-1].said() if self.runs else ""

    def wait_for(self, words: str, *, seconds: float) -> None:
        """Wait until it has written ``words``. Raises TooLate."""
        until(
            f"{self.place.name} writes {words!r}", lambda: words in self.console(), seconds=seconds, told=self.console
        )

    def wait_off(self, *, seconds: float) -> None:
        """Wait until it has switched itself off. Raises TooLate."""
        until(f"{self.place.name} is off", lambda: not self.running(), seconds=seconds, told=self.console)

    def _share(self, folder: Path) -> None:
        """Serve the folder to the PC's next run; the server ends with that."""
        socket = self.disk.with_suffix(".sock")
        socket.unlink(missing_ok=True)
        self.cell.start(f"{self.place.name}-share", [VIRTIOFSD, f"--socket-path={socket}", "-o", f"source={folder}"])
        until(f"{folder} is served", socket.exists, seconds=20)

    def _shared(self) -> list[str]:
        if self.share is None:
            return []
        return [
            *("-object", f"memory-backend-memfd,id=m0,size={self.megabytes}M,share=on"),
            *("-numa", "node,memdev=m0"),
            *("-chardev", f"socket,id=s0,path={self.disk.with_suffix('.sock')}"),
            *("-device", "vhost-user-fs-pci,chardev=s0,tag=images"),
        ]

    def _command(self) -> list[str]:
        return [
            program("qemu-system-x86_64"),
            *(
                "-accel",
                "tcg,thread=multi,tb-size=256",
                "-machine",
                "pc",
                "-cpu",
                "max",
                "-m",
                str(self.megabytes),
                "-no-reboot",
            ),
            *("-nodefaults", "-display", "none", "-serial", "stdio", "-no-user-config"),
            *("-netdev", f"tap,id=n0,ifname={self.place.port},script=no,downscript=no"),
            *("-device", f"virtio-net-pci,netdev=n0,mac={self.place.mac},bootindex=1"),
            *("-drive", f"file={self.disk},if=none,id=d0,format=raw,cache=unsafe"),
            *("-device", "virtio-blk-pci,drive=d0,bootindex=2"),
            *self._shared(),
        ]
