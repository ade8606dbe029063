# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What drbl-ocs is told to have the seats of a job do: to take an image, or to have their disk read into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..engine import EngineError, JobSpec, Mode
from .clients import addresses_of
from .commands import STARTER, Process
from .room import Server

LANGUAGE = "en_US.UTF-8"
SAVE = "save"


@dataclass(frozen=True, slots=True)
class Orders:
    """What is to be done. ``task``: the word that drbl-ocs has for it. ``options``: more of its words."""

    task: str
    image: str
    disk: str
    options: tuple[str, ...]

    @property
    def told(self) -> str:
        """How the orders of each seat must end."""
        return f"{self.task}disk {self.image} {self.disk}"


def start_command(server: Server, spec: JobSpec, orders: Orders) -> list[str]:
    """Return the one command that starts Clonezilla for the seats of the job, and for no other."""
    words = [STARTER, "-b", "-l", LANGUAGE, *orders.options, "-h", addresses_of(server.clients, spec)]
    return [*words, "startdisk", orders.task, orders.image, orders.disk]


def to_restore(server: Server, spec: JobSpec) -> Orders:
    """Return the orders to take an image. Raises EngineError where it is not there: Clonezilla would open a dialog."""
    image = server.image(spec)
    if image is None or not image.disk:
        raise EngineError(f"image {spec.image}: it is not on this server, or of no whole disk; choose another")
    options = ["-g", "auto", "-e1", "auto", "-e2", "-r", "-j2", "-nogui", "-p", spec.after]
    if spec.mode is Mode.MULTICAST:
        options += ["-x", "--clients-to-wait", str(len(spec.seats)), "--max-time-to-wait", str(spec.wait_seconds)]
        if server.wishes.interface:
            options += ["--mcast-iface", server.wishes.interface]
    task = "multicast_restore" if spec.mode is Mode.MULTICAST else "restore"
    return Orders(task, image.name, image.disk, tuple(options))


def to_save(spec: JobSpec, disk: str) -> Orders:
    """Return the orders to read a disk: by partclone, compressed by zstd, which each way of restoring takes.

    Whether the image can be restored is not checked by the PC (``-scs``), which would tell nobody; the server does it.
    """
    options = ("-q2", "-j2", "-nogui", "-scs", "-z9p", "-p", spec.after)
    return Orders(SAVE, spec.image, disk, options)


def left_behind(words: Sequence[str], running: tuple[Process, ...]) -> tuple[Process, ...]:
    """Return what of ``running`` is drbl-ocs with the very ``words`` of a job: its feeder, or what a dead run left."""
    told = " ".join(words[1:])
    return tuple(one for one in running if one.name == STARTER and told and " ".join(one.words).endswith(told))
