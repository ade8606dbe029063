# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds a room in the inventory and in ``nightshift_cloning``: its seats, its night, its image, its server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..cloning.gathering import gather_bookings
from ..cloning.inventory import said
from ..cloning.load import load_cloning
from ..cloning.policy import CloningPolicy
from ..patrol.opening import WINRM_PORT, HostFacts, class_of
from ..seat.expected import ImageWanted
from .judging import wanted
from .members import Registered, members
from .model import Run
from .night import allowed_now, usable
from .problem import RoomError
from .rules import RunRules
from .session import RoomSession


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asked for. ``image`` None: the room's by policy. ``anyway``: a reason against the calendar.

    ``abandon``: the open run is to be ended, because of ``why``, and with ``only_job`` only while that job is open.
    """

    room: str
    confirmed: str | None
    image: str | None = None
    anyway: str | None = None
    abandon: bool = False
    why: str = ""
    only_job: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where it is asked: hosts of the whole inventory, those of the play, the inventory's folder, the ledger's URL."""

    hosts: tuple[HostFacts, ...]
    played: frozenset[str]
    hostvars: Any
    folder: Path
    ledger: str
    controller: int
    rehearsal: bool


def find(asked: Asked, here: Surroundings, now: datetime, going: Run | None = None) -> RoomSession:
    """Return the session of a run that may begin ``now``, or of one that is ``going`` on already.

    The policy is that of the room's hosts; of other hosts nothing is asked. A run that was begun goes on whatever the
    calendar says by now. Raises RoomError, CloningError, OpeningError.
    """
    in_room = [host for host in here.hosts if str(host.device.get("room") or "") == asked.room]
    rooms = sorted({str(host.device["room"]) for host in here.hosts if host.device.get("room") not in (None, "")})
    ours = [host for host in in_room if class_of(host) == "room"]
    if not ours or asked.confirmed != asked.room:
        members(asked.room, asked.confirmed, registered(in_room), here.played, RunRules())  # says why
    raw, origin = said(ours, here.hostvars)
    policy = load_cloning(raw, origin, rooms)
    found = members(asked.room, asked.confirmed, registered(here.hosts), here.played, policy.run)
    session = RoomSession(
        room=asked.room,
        server=policy.server_of(asked.room),
        ledger=here.ledger,
        controller=here.controller,
        seats=found.seats,
        ports=found.ports,
        rules=policy.run,
        image=ImageWanted("", "", "", 0, 0),
        not_after=now,
        rehearsal=here.rehearsal,
        zone=policy.zone.key,
        anyway=bool(asked.anyway),
        abandon=asked.abandon,
        why=asked.why,
        only_job=asked.only_job,
    )
    if going is not None:
        return _carried_on(session, asked, policy, going)
    if asked.abandon:
        return session  # nothing is begun, whatever the calendar says
    image, doubts = usable(policy, asked.image, asked.room, now)
    read = gather_bookings(policy, origin, here.folder, rooms, now, now + policy.needs(asked.room))
    allowed = allowed_now(policy, asked.room, read.bookings, now, asked.anyway)
    notes = (*found.notes, *doubts, *allowed.notes, *read.notes)
    return replace(session, image=wanted(image), not_after=allowed.not_after, notes=notes)


def _carried_on(session: RoomSession, asked: Asked, policy: CloningPolicy, going: Run) -> RoomSession:
    """Return the session of a run that goes on: its image and its night are those it began with."""
    if asked.image not in (None, going.image):
        raise RoomError(f"run {going.id} of room {going.room} is open and gives image {going.image}; abandon it first")
    image = policy.images.get(going.image)
    if image is not None and (image.version, image.checksum) == (going.version, going.checksum):
        return replace(session, image=wanted(image), not_after=going.not_after)
    note = f"image {going.image} {going.version} is not in nightshift_cloning.images any more: no seat can be proved"
    bare = ImageWanted(going.image, going.version, going.checksum, 0, 0)
    return replace(session, image=bare, not_after=going.not_after, notes=(note,))


def registered(hosts: Iterable[HostFacts]) -> list[Registered]:
    """Return hosts as the register knows them."""
    return [Registered(host.name, class_of(host), host.address, host.port or WINRM_PORT, host.device) for host in hosts]


def server_of(session: RoomSession, servers: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the kind of a run's engine and its options, from ``nightshift_imaging_servers``. Raises RoomError."""
    entry = servers.get(session.server)
    if not isinstance(entry, Mapping):
        known = ", ".join(sorted(servers)) or "none"
        raise RoomError(
            f"nightshift_imaging_servers: {session.server} is not there (known: {known}); add it, with its engine"
        )
    engine = str(entry.get("engine") or "")
    if not engine or not isinstance(entry.get(engine), Mapping):
        raise RoomError(
            f"nightshift_imaging_servers.{session.server}: engine and its options are missing; write engine: fog, and "
            "what reimage_room takes for it below fog"
        )
    return engine, entry[engine]
