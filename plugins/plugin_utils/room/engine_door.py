# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only door to an imaging server: the module ``reimage_room``, about one job of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from .model import JobKind, Seat
from .rules import RunRules
from .watching import Claim

Module = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Runs ``reimage_room`` with arguments where the server can be reached; returns its result, failed or not."""

SHOWN = ("changed", "requests", "armed", "hosts")


class EngineFault(Exception):
    """The engine, or the way to it, failed. ``problems``: each reason by itself, where it told them."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems) or (message,)


@dataclass(frozen=True, slots=True)
class Progress:
    """What the engine claims of a job. ``closed``: nothing of it runs; ``armed``: MACs, where they were asked for."""

    claims: Mapping[str, Claim]
    closed: bool
    percent: float = 0.0
    remaining: str = ""
    rates: Mapping[str, str] | None = None
    armed: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class EngineDoor:
    """An imaging server, as one room sees it. ``name``: the kind of engine; ``options``: its own."""

    module: Module
    name: str
    options: Mapping[str, Any]
    room: str
    image: str
    rules: RunRules

    def ask(self, state: str, job: str, kind: JobKind, seats: Sequence[Seat]) -> Mapping[str, Any]:
        """Take one step of the engine. Raises EngineFault."""
        arguments: dict[str, Any] = {
            "state": state,
            "room": self.room,
            "confirm_room": self.room,
            "seats": [{"name": seat.name, "mac": seat.mac, "address": _own(seat.address)} for seat in seats],
            "expected_hosts": [seat.name for seat in seats],
            "image": self.image,
            "mode": "multicast" if kind.multicast else "unicast",
            "after": "reboot",
            "wait_seconds": int(self.rules.boot.total_seconds()),
            "job": job,
            "engine": self.name,
            self.name: dict(self.options),
        }
        if kind.multicast and self.rules.bitrate is not None:
            arguments["max_bitrate"] = self.rules.bitrate
        result = self.module(arguments)
        if result.get("failed") or result.get("unreachable"):
            said = str(result.get("msg") or result.get("module_stderr") or "it failed without a message").strip()
            raise EngineFault(f"{self.name} {state}: {said}", [_problem(one) for one in result.get("problems") or ()])
        return result

    def progress(self, state: str, job: str, kind: JobKind, seats: Sequence[Seat]) -> Progress:
        """Take a step that tells how far the seats are. Raises EngineFault."""
        return progress_of(self.ask(state, job, kind, seats))


def progress_of(result: Mapping[str, Any]) -> Progress:
    """Read the answer of a step that tells how far the seats are."""
    told = result.get("seats") or ()
    claims = {one["name"]: Claim(one["claim"], float(one["percent"]), one["detail"]) for one in told}
    armed = result.get("armed")
    return Progress(
        claims,
        bool(result.get("closed")),
        float(result.get("percent") or 0.0),
        str(result.get("remaining") or ""),
        {one["name"]: one["rate"] for one in told},
        frozenset(armed) if armed is not None else None,
    )


def _own(address: str) -> str:
    """Return an address that a PC has in its own network; "" for a name, or for the near end of a tunnel to it."""
    try:
        found = IPv4Address(address)
    except ValueError:
        return ""
    return "" if found.is_loopback else address


def _problem(one: Mapping[str, Any]) -> str:
    return f"{one['seat']}: {one['what']}" if one.get("seat") else str(one.get("what"))
