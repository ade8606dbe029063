# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Arming exactly the seats of a job on a DRBL server, and proving it from what the server's files and processes are."""

from __future__ import annotations

from ..engine import EngineError, JobSpec, Mode
from .boot import armed, chosen, own_files
from .clients import addresses_of
from .commands import LISTENER, STARTER, Process
from .image import Image
from .room import Server
from .sender import faults_of_sender

LANGUAGE = "en_US.UTF-8"
_LOOKS = 20  # the sender begins in the background, after drbl-ocs has ended
_BETWEEN = 0.5  # seconds


def start_command(server: Server, spec: JobSpec, image: Image) -> list[str]:
    """Return the one command that starts Clonezilla for the seats of the job."""
    words = [STARTER, "-b", "-l", LANGUAGE, "-g", "auto", "-e1", "auto", "-e2", "-r", "-j2", "-nogui", "-p", spec.after]
    if spec.mode is Mode.MULTICAST:
        words += ["-x", "--clients-to-wait", str(len(spec.seats)), "--max-time-to-wait", str(spec.wait_seconds)]
        if server.wishes.interface:
            words += ["--mcast-iface", server.wishes.interface]
    words += ["-h", addresses_of(server.clients, spec)]
    verb = "multicast_restore" if spec.mode is Mode.MULTICAST else "restore"
    return [*words, "startdisk", verb, image.name, image.disk]


def image_of(server: Server, spec: JobSpec) -> Image:
    """Return the image. Raises EngineError where it is not there: Clonezilla would open a dialog."""
    image = server.image(spec)
    if image is None or not image.disk:
        raise EngineError(f"image {spec.image}: it is not on this server, or of no whole disk; choose another")
    return image


def order_of(spec: JobSpec, image: Image) -> str:
    """Return how the orders of each seat must end."""
    verb = "multicast_restoredisk" if spec.mode is Mode.MULTICAST else "restoredisk"
    return f"{verb} {image.name} {image.disk}"


def faults(server: Server, spec: JobSpec, image: Image) -> list[str]:
    """Return what is wrong with what is armed; nothing when exactly the room is, for this image, and is served."""
    return _of_files(server, spec, image) + _of_service(server, spec)


def faults_after_start(server: Server, spec: JobSpec, image: Image) -> list[str]:
    """Return what is wrong once the sender, which drbl-ocs leaves in the background, has had time to begin."""
    wrong = _of_files(server, spec, image)
    if wrong:
        return wrong
    for _look in range(_LOOKS):
        wrong = _of_service(server, spec)
        if not wrong:
            return []
        server.commands.pause(_BETWEEN)
    return wrong


def _of_files(server: Server, spec: JobSpec, image: Image) -> list[str]:
    wanted = order_of(spec, image)
    seats = server.seats(spec)
    macs = {client.mac for client in seats.values()}
    wrong = [f"{seat.name} is not in dhcpd.conf any more" for seat in spec.seats if seat.name not in seats]
    for name, client in seats.items():
        boots = chosen(server.layout, client)
        orders = [boot.order for boot in boots if boot.order]
        if not orders:
            wrong.append(f"{name} boots {', '.join(boot.path.name for boot in boots) or 'nothing'} and gets no orders")
        wrong += [f"{name} is told to {order}" for order in orders if not order.endswith(f" {wanted}")]
        taken = {boot.path for boot in boots}
        wrong += [
            f"{name} has orders in {boot.path}, and boots another file before it"
            for boot in own_files(server.layout, client)
            if boot.any_order and boot.path not in taken
        ]
    more = sorted(set(armed(server.layout, server.clients)) - macs)
    return wrong + [f"{mac} is armed and not of the room" for mac in more]


def _of_service(server: Server, spec: JobSpec) -> list[str]:
    wrong = [] if server.session() else [f"{server.layout.session} is not there"]
    processes = server.commands.processes()
    if not any(process.name == LISTENER for process in processes):
        wrong.append(f"no {LISTENER} runs")
    if spec.mode is Mode.MULTICAST:
        wrong += faults_of_sender(processes, spec, server.wishes.interface)
    return wrong


def left_behind(server: Server, spec: JobSpec, image: Image, running: tuple[Process, ...]) -> tuple[Process, ...]:
    """Return what of ``running`` is drbl-ocs with the very words of this job: its feeder, or what a dead run left."""
    words = " ".join(start_command(server, spec, image)[1:])
    return tuple(one for one in running if one.name == STARTER and " ".join(one.words).endswith(words))
