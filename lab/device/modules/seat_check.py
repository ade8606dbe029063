# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_seat_check, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from .. import forms
from ..arguments import Option
from ..markers import MarkerTorn, read_marker
from ..pc import SimulatedPC

SPEC = {
    "files": Option("list", elements="dict", options={"path": Option(required=True), "sha256": Option()}),
}


class _Unread(Exception):
    """Why a fact cannot be read."""


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Tell what the PC is."""
    unread = dict(pc.identity.unreadable)
    seat: dict[str, Any] = {}
    for fact, read in _READERS.items():
        seat[fact] = None
        if fact not in unread:
            try:
                seat[fact] = read(pc)
            except (_Unread, MarkerTorn, OSError) as problem:
                unread[fact] = str(problem)
    seat["domain_trust"] = _trust(pc, unread)
    seat["files"] = [_file(pc, one, unread) for one in params["files"] or ()]
    seat["unread"] = unread
    answer = {"changed": False, "seat": seat, "time": forms.instant(pc, pc.at)}
    if unread:
        answer["warnings"] = [f"{fact}: {unread[fact]}" for fact in sorted(unread)]
    return answer


def _trust(pc: SimulatedPC, unread: dict[str, str]) -> str:
    if "domain_joined" in unread or "domain_trust" in unread:
        return "unknown"
    if pc.identity.trust == "unknown":
        unread["domain_trust"] = f"verifying the channel to {pc.computer.domain} ended with Windows error 1311"
    return pc.identity.trust


def _file(pc: SimulatedPC, asked: Mapping[str, Any], unread: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {"path": asked["path"], "sha256": None, "as_expected": None}
    try:
        content = pc.disk.read(asked["path"])
    except OSError as problem:
        unread[f"files:{asked['path']}"] = str(problem)
        return record
    if content is not None:
        record["sha256"] = sha256(content).hexdigest()
    if asked.get("sha256"):
        record["as_expected"] = record["sha256"] == str(asked["sha256"]).lower()
    return record


def _update_client(pc: SimulatedPC) -> str:
    if not pc.identity.wsus_client_id:
        raise _Unread("the update agent has none yet; it gets one when it first asks for updates")
    return pc.identity.wsus_client_id.lower()


def _activation(pc: SimulatedPC) -> dict[str, Any]:
    if pc.identity.activation is None:
        raise _Unread("Windows has no product key")
    return asdict(pc.identity.activation)


_READERS: Mapping[str, Callable[[SimulatedPC], Any]] = {
    "computer_name": lambda pc: pc.computer.computer_name,
    "domain": lambda pc: pc.computer.domain or "WORKGROUP",
    "domain_joined": lambda pc: pc.identity.trust != "not_joined",
    "machine_sid": lambda pc: pc.identity.machine_sid,
    "wsus_client_id": _update_client,
    "os": lambda pc: {"edition": pc.computer.edition, "build": pc.computer.build, "ubr": pc.computer.ubr},
    "boot_time": lambda pc: forms.instant(pc, pc.computer.boot_time),
    "activation": _activation,
    "image": lambda pc: read_marker(pc.disk, "image"),
    "run_marker": lambda pc: read_marker(pc.disk, "run"),
    "users": lambda pc: forms.device(pc)["users"],
}
