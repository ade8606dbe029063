# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which devices a run is about: those of class room in the named room, and nothing else can be."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .model import Seat
from .problem import RoomError
from .rules import RunRules

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Registered:
    """A host of the inventory. ``device``: its row of the register; ``port``: where it listens."""

    name: str
    device_class: str | None
    address: str
    port: int
    device: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Members:
    """The seats of a room, by name, and what people are told of devices that stand there and are not touched."""

    seats: tuple[Seat, ...]
    ports: Mapping[str, int]
    notes: tuple[str, ...]


def members(
    room: str, confirmed: str | None, hosts: Iterable[Registered], played: Collection[str], rules: RunRules
) -> Members:
    """Return who is in ``room``; ``hosts`` are those of the whole inventory, ``played`` those that the play may touch.

    Raises RoomError with every reason why nobody may be touched: the room is not confirmed, has no seats, a seat is
    left out by ``--limit``, or the register is not good enough to tell seats apart.
    """
    if confirmed != room:
        raise RoomError(
            f"confirm_room: {confirmed or 'nothing'} is not {room}; give the name of the room a second time, since all "
            "that is on its disks will be lost"
        )
    here = [host for host in hosts if str(host.device.get("room") or "") == room]
    notes = [note for host in here if (note := _left_out(host, rules))]
    chosen = sorted((host for host in here if not _left_out(host, rules)), key=lambda host: host.name)
    if not chosen:
        raise RoomError([f"room {room}: the register has no device of class room in it; look at its spelling", *notes])
    reasons = [f"{host.name}: {why}" for host in chosen if (why := _unusable(host))]
    reasons += _twins(chosen)
    missing = sorted({host.name for host in chosen} - set(played))
    if missing:
        reasons.append(
            f"room {room}: {', '.join(missing)} of the register are not in this play; a room is cloned as a whole: run "
            "without --limit"
        )
    if reasons:
        raise RoomError(reasons)
    seats = tuple(Seat(host.name, _mac(host), str(host.device.get("seat") or ""), host.address) for host in chosen)
    return Members(seats, {host.name: host.port for host in chosen}, tuple(notes))


def _left_out(host: Registered, rules: RunRules) -> str:
    if host.device_class != "room":
        return f"{host.name} is of class {host.device_class or 'unknown'}, not room; it is not touched"
    if not host.device.get("managed", True):
        return f"{host.name} is not managed; it is not touched"
    if host.name in rules.never:
        return f"{host.name} is never to be touched; it is not"
    return ""


def _unusable(host: Registered) -> str:
    mac = _mac(host)
    if not mac:
        return "the register has no MAC of it; write it down there"
    if not _MAC.fullmatch(mac):
        return f"its MAC {mac} is none; write it as 52:54:00:12:34:56"
    return ""


def _twins(chosen: Iterable[Registered]) -> list[str]:
    hosts = list(chosen)
    macs = Counter(_mac(host) for host in hosts if _mac(host))
    return [
        f"MAC {mac} stands at {', '.join(host.name for host in hosts if _mac(host) == mac)}; leave it at one"
        for mac, count in macs.items()
        if count > 1
    ]


def _mac(host: Registered) -> str:
    return str(host.device.get("mac") or "").lower().replace("-", ":")
