# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sender of a multicast: what it must have been told, and how far it is.

udp-sender says nothing of its progress and its end proves nothing: it ends well when half of its receivers are gone.
How far it is follows from what it has read of the image. One sender follows another, partition by partition, each two
ports higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ..bitrate import bits_per_second
from ..engine import JobSpec, Mode, Problem
from .commands import SENDER, Process
from .image import Image
from .layout import Layout, Settings

_PORTS = 256  # two for each partition, counted from the first


@dataclass(frozen=True, slots=True)
class Position:
    """How far a multicast is: ``done`` bytes of the image, in the partition ``part``."""

    part: str
    done: int


def problems_of_sender(settings: Settings, spec: JobSpec) -> list[Problem]:
    """Return why the server would not send as slowly as the job asks: drbl-ocs has no option for it."""
    words = settings.sender_options.split()
    told = dict(pairwise(words)).get("--max-bitrate", "")
    if spec.max_bitrate is None or 0 < bits_per_second(told) <= spec.max_bitrate:
        return []
    return [
        Problem(
            f"/etc/drbl/drbl-ocs.conf: it limits the multicast to {told or 'nothing'}, the job to {spec.max_bitrate} "
            f'bit/s; set udp_sender_extra_opt_default="--max-bitrate {_short(spec.max_bitrate)}" there'
        )
    ]


def faults_of_sender(processes: tuple[Process, ...], spec: JobSpec, interface: str | None) -> list[str]:
    """Return what is wrong with the one sender that there must be."""
    senders = [process for process in processes if process.name == SENDER]
    if len(senders) != 1:
        return [f"{len(senders)} {SENDER} run, not one"]
    sender = senders[0]
    wanted = {"--min-clients": str(len(spec.seats)), "--max-wait": str(spec.wait_seconds)}
    if interface:
        wanted["--interface"] = interface
    wrong = [
        f"{SENDER} {sender.pid} has {option} {sender.value(option) or 'nothing'}, not {value}"
        for option, value in wanted.items()
        if sender.value(option) != value
    ]
    rate = sender.value("--max-bitrate")
    if spec.max_bitrate is not None and not 0 < bits_per_second(rate) <= spec.max_bitrate:
        wrong.append(f"{SENDER} {sender.pid} is limited to {rate or 'nothing'}, not {spec.max_bitrate} bit/s")
    return wrong


def is_of_job(process: Process, spec: JobSpec, port: int) -> bool:
    """Whether a sender is the one that drbl-ocs starts for this job. ``port``: the first of Clonezilla."""
    told = process.value("--portbase")
    return (
        spec.mode is Mode.MULTICAST
        and process.value("--min-clients") == str(len(spec.seats))
        and bool(process.value("--mcast-all-addr"))
        and told.isdigit()
        and 0 <= int(told) - port < _PORTS
    )


def position(
    layout: Layout, settings: Settings, processes: tuple[Process, ...], image: Image | None
) -> Position | None:
    """Return where the transfer is, None where no sender runs or what it reads cannot be told."""
    sender = next((process for process in processes if process.name == SENDER), None)
    port = sender.value("--portbase") if sender else ""
    if sender is None or image is None or not port.isdigit():
        return None
    index = (int(port) - settings.port) // 2
    if not 0 <= index < len(image.parts):
        return None
    read = _bytes_read(layout.bytes_read(sender.pid))
    if read is None:
        return None
    sizes = [image.bytes_of(part) for part in image.parts]
    return Position(image.parts[index], sum(sizes[:index]) + min(read, sizes[index]))


def _bytes_read(path: Path) -> int | None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("rchar:")), None)


def _short(bits: int) -> str:
    for unit, size in (("m", 1_000_000), ("k", 1_000)):
        if bits >= size:
            return f"{bits // size}{unit}"
    return str(bits)
