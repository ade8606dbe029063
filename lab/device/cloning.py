# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC's disk read into an image, and an image written to a PC's disk: with everything that makes twins of clones.

Whoever simulates an imaging server calls ``begin`` when a PC starts to be written, ``receive`` when the image is on the
disk, and ``capture`` when a disk has been read.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

from ..truth import What
from .disk import MemoryDisk
from .generalising import COMPLETE, GENERALISED, Sysprep
from .identity import Identity
from .offered import OfferedService
from .pc import SimulatedPC
from .state import Computer, LastScan, PendingRestart


@dataclass(frozen=True, slots=True)
class Captured:
    """An image: the disk of the PC ``source`` as it was. ``generalised``: Sysprep was run on it before."""

    name: str
    source: str
    generalised: bool
    computer: Computer
    identity: Identity
    files: MemoryDisk
    service: OfferedService
    sysprep: Sysprep = field(default_factory=Sysprep)
    last_scan: LastScan | None = None
    pending: PendingRestart = field(default_factory=PendingRestart)


def capture(pc: SimulatedPC, name: str, *, generalised: bool | None = None) -> Captured:
    """Read the disk of ``pc`` into an image; ``generalised`` None: whether Sysprep was run there.

    Raises ValueError where the PC's files or updates are not the lab's own.
    """
    disk, service = _own(pc)
    image = Captured(
        name,
        pc.name,
        pc.sysprep.generalised if generalised is None else generalised,
        copy(pc.computer),
        replace(pc.identity, unreadable={}),
        disk.copy(),
        _store(service),
        replace(pc.sysprep),
        pc.last_scan,
        copy(pc.pending),
    )
    pc.note(What.CAPTURED, detail=name)
    return image


def begin(pc: SimulatedPC) -> None:
    """The first block is being written: until ``receive`` no Windows is there to start."""
    pc.bootable = False
    pc.note(What.IMAGING)


def receive(pc: SimulatedPC, image: Captured, *, after: str = "poweroff") -> None:
    """The image is on the PC's disk, whole; then the PC does what ``after`` says (poweroff, reboot).

    A generalised image is set up at the first start: own name, SID and update client id, joined to the PC's own domain.
    Any other makes the PC a twin of its source. A run's marker goes with the disk it was on. Raises ValueError as
    ``capture``.
    """
    _own(pc)
    own = pc.computer
    pc.computer = replace(
        own,
        edition=image.computer.edition,
        version=image.computer.version,
        build=image.computer.build,
        ubr=image.computer.ubr,
        free_bytes=min(own.free_bytes, image.computer.free_bytes),
        computer_name=image.computer.computer_name,
        domain=own.domain if image.generalised else image.computer.domain,
    )
    pc.identity = replace(image.identity, unreadable={})
    pc.sysprep = replace(image.sysprep, volumes=list(image.sysprep.volumes), errors=[])
    pc.sysprep.image_state = GENERALISED if image.generalised else COMPLETE
    pc.disk = image.files.copy()
    service = _store(image.service)
    service.computer, service.faults = pc.computer, pc.faults
    service.kit = replace(service.kit, model=pc.computer.model)
    pc.service = service
    pc.last_scan, pc.pending = image.last_scan, copy(image.pending)
    pc.jobs.wipe()
    pc.bootable = True
    pc.note(What.IMAGED, detail=f"{image.name} from {image.source}")
    pc.leave_network(after)


def _store(service: OfferedService) -> OfferedService:
    """Return the same updates in a service of their own."""
    return replace(
        service,
        added=set(service.added),
        removed=set(service.removed),
        downloads=set(service.downloads),
        waiting=set(service.waiting),
    )


def _own(pc: SimulatedPC) -> tuple[MemoryDisk, OfferedService]:
    if not isinstance(pc.disk, MemoryDisk) or not isinstance(pc.service, OfferedService):
        raise ValueError(
            f"{pc.name}: its disk or its updates are not the lab's own; it can be neither captured nor imaged"
        )
    return pc.disk, pc.service
