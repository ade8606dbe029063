# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts and groups of a FOG server as seats in rooms. No Ansible, no network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...module_utils.imaging.fog.rows import Group, Host, Link
from ..register import cells
from ..register.groups import group_part
from ..register.problem import Problem, RegisterError

JOB = re.compile(r"reimage-[a-z0-9-]+-\d{8}T\d{6}Z-[0-9a-f]{6}")  # the group of a job of reimage_room, no room
COUNTED = "host"


@dataclass(frozen=True, slots=True)
class Rules:
    """How a server is read.

    ``room``: finds the name of a room in that of a group (first parentheses, or all of it); other groups are no
    rooms. ``seat``: finds the seat in the name of a host. ``pending``: whether hosts that nobody has approved count.
    """

    room: re.Pattern[str]
    seat: re.Pattern[str]
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """What was read of a server. ``images``: id -> name. ``server``: as messages name it."""

    server: str
    hosts: tuple[Host, ...]
    groups: tuple[Group, ...]
    links: tuple[Link, ...]
    images: Mapping[int, str]

    def as_data(self) -> dict[str, Any]:
        """Return plain values for a cache: ids, names and MAC addresses, nothing else."""
        return {
            "server": self.server,
            "hosts": [{**asdict(host), "macs": sorted(host.macs)} for host in self.hosts],
            "groups": [asdict(group) for group in self.groups],
            "links": [[link.owner, link.member] for link in self.links],
            "images": [[item, name] for item, name in self.images.items()],
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Roster:
        """Read what ``as_data`` gave."""
        return cls(
            data["server"],
            tuple(Host(**{**row, "macs": frozenset(row["macs"])}) for row in data["hosts"]),
            tuple(Group(**row) for row in data["groups"]),
            tuple(Link(*pair) for pair in data["links"]),
            dict(data["images"]),
        )


@dataclass(frozen=True, slots=True)
class FogSeat:
    """A PC. ``mac``: of the card that FOG wakes. ``groups``: all of its groups in FOG. ``image``: the name, or None."""

    id: int
    name: str
    room: str | None
    seat: str | None
    mac: str | None
    macs: tuple[str, ...]
    image: str | None
    groups: tuple[str, ...]
    pending: bool


def pattern(option: str, text: str) -> re.Pattern[str]:
    """Return a regular expression. Raises RegisterError with the option's name."""
    try:
        return re.compile(text)
    except re.error as error:
        raise RegisterError([Problem(f"option {option}", 0, "", text, f"is no regular expression: {error}")]) from None


def seats(roster: Roster, rules: Rules) -> tuple[FogSeat, ...]:
    """Return the PCs in the order of their names. Raises RegisterError with all that is wrong, one line each."""
    problems: list[Problem] = []
    rooms = _rooms(roster, rules, problems)
    names = {group.id: group.name for group in roster.groups if not JOB.fullmatch(group.name)}
    member_of: dict[int, list[int]] = {}
    for link in roster.links:
        if link.owner in names:
            member_of.setdefault(link.member, []).append(link.owner)
    found: dict[str, FogSeat] = {}
    torn: dict[tuple[str, ...], list[Host]] = {}
    for host in sorted(roster.hosts, key=lambda host: (host.name.lower(), host.id)):
        if host.pending and not rules.pending:
            continue
        groups = sorted(set(member_of.get(host.id, ())), key=lambda group: names[group])
        of_rooms = [group for group in groups if group in rooms]
        if len({rooms[group] for group in of_rooms}) > 1:
            torn.setdefault(tuple(names[group] for group in of_rooms), []).append(host)
            continue
        seat = _seat(roster, host, rules, problems)
        if seat is None:
            continue
        room = rooms[of_rooms[0]] if of_rooms else None
        seat = replace(seat, room=room, groups=tuple(names[group] for group in groups))
        earlier = found.setdefault(seat.name.lower(), seat)
        if earlier is not seat:
            problems.append(_problem(roster, host, "name", host.name, f"is host {earlier.id} too; rename one of them"))
    for where, hosts in torn.items():
        more = f" and {len(hosts) - 1} more" if len(hosts) > 1 else ""
        expected = f"{hosts[0].name}{more}: in {len(where)} rooms; correct the groups, or the option room_group"
        problems.append(_problem(roster, hosts[0], "groups", ", ".join(where), expected))
    if problems:
        raise RegisterError(problems)
    return tuple(found.values())


def _rooms(roster: Roster, rules: Rules, problems: list[Problem]) -> dict[int, str]:
    """Return group id -> room; two spellings of one room are refused."""
    rooms: dict[int, str] = {}
    spelled: dict[str, str] = {}
    for group in sorted(roster.groups, key=lambda group: group.id):
        if JOB.fullmatch(group.name):
            continue
        try:
            match = rules.room.search(cells.free_text(group.name))
            if match is None:
                continue
            room = ((match.group(1) if match.re.groups else match.group(0)) or "").strip()
            if not (part := group_part(room)):
                raise ValueError("makes no name of a room; use at least one letter or digit, or correct room_group")
            if spelled.setdefault(part, room) != room:
                raise ValueError(f"and {spelled[part]!r} both make the group room_{part}; write them alike")
        except ValueError as error:
            problems.append(Problem(roster.server, group.id, "name", group.name, str(error), "group"))
        else:
            rooms[group.id] = room
    return rooms


def _seat(roster: Roster, host: Host, rules: Rules, problems: list[Problem]) -> FogSeat | None:
    """Return the PC without its groups, None when a value of it is wrong; adds to ``problems``."""
    count = len(problems)

    def read(column: str, reader: Callable[[str], str], value: str) -> str:
        try:
            return reader(value)
        except ValueError as error:
            problems.append(_problem(roster, host, column, value, str(error)))
            return ""

    name = read("name", cells.host_name, host.name)
    macs = [read("mac", cells.mac, mac) for mac in sorted(host.macs)]
    image = read("image", cells.free_text, roster.images.get(host.image, ""))
    if len(problems) > count:
        return None
    match = rules.seat.search(host.name)
    seat = (match.group(1) if match.re.groups else match.group(0)) if match else None
    if seat and seat.isdigit():
        seat = str(int(seat))  # PC-03 is seat 3, as registers write it
    return FogSeat(
        id=host.id,
        name=name,
        room=None,
        seat=seat or None,
        mac=host.primary or next(iter(macs), None),
        macs=tuple(macs),
        image=image or None,
        groups=(),
        pending=host.pending,
    )


def _problem(roster: Roster, host: Host, column: str, value: str, expected: str) -> Problem:
    return Problem(roster.server, host.id, column, value, expected, COUNTED)
