# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift.fleet.win_sysprep_check, as docs/device-protocol.md has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, fromstring

from .. import forms
from ..arguments import Option
from ..markers import MarkerTorn, read_marker
from ..pc import SimulatedPC
from ..state import JobState

SPEC = {"unattend": Option(required=True)}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Tell what stands in the way of generalising the PC."""
    unread = {fact: why for fact, why in pc.identity.unreadable.items() if fact in (*_READERS, "unattend")}
    record: dict[str, Any] = {}
    readers: dict[str, Callable[[SimulatedPC], Any]] = {
        **_READERS,
        "unattend": lambda pc: answer_file(pc, params["unattend"]),
    }
    for fact, read in readers.items():
        record[fact] = None
        if fact not in unread:
            try:
                record[fact] = read(pc)
            except (MarkerTorn, OSError) as problem:
                unread[fact] = str(problem)
    record["unread"] = unread
    answer = {"changed": False, "sysprep": record, "time": forms.instant(pc, pc.at)}
    if unread:
        answer["warnings"] = [f"{fact}: {unread[fact]}" for fact in sorted(unread)]
    return answer


def answer_file(pc: SimulatedPC, path: str) -> dict[str, Any]:
    """Return what an answer file holds. Raises OSError."""
    content = pc.disk.read(path)
    record: dict[str, Any] = {"path": path, "present": content is not None, "readable": False, "passwords": []}
    if content is None:
        return record
    try:
        root = fromstring(content)
    except ParseError:
        return record
    record["readable"] = True
    record["passwords"] = [
        {"place": f"{_name(parent)}/{_name(element)}", "plain": _plain(element)}
        for parent in root.iter()
        for element in parent
        if "Password" in _name(element) and _held(element) not in ("", "*SENSITIVE*DATA*DELETED*")
    ]
    return record


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if _name(child) == name), None)


def _held(element: Element) -> str:
    value = _child(element, "Value")
    return "".join((element if value is None else value).itertext()).strip()


def _plain(element: Element) -> bool:
    mark = _child(element, "PlainText")
    return mark is None or (mark.text or "").strip() != "false"


_READERS: Mapping[str, Callable[[SimulatedPC], Any]] = {
    "image_state": lambda pc: pc.sysprep.image_state,
    "rearm_left": lambda pc: pc.sysprep.rearm_left,
    "domain_joined": lambda pc: pc.identity.trust != "not_joined",
    "pending_restart": forms.pending_restart,
    "users": lambda pc: forms.device(pc)["users"],
    "running_jobs": lambda pc: [job.id for job in pc.jobs if job.state is JobState.RUNNING],
    "bitlocker": lambda pc: [asdict(volume) for volume in pc.sysprep.volumes],
    "appx": lambda pc: pc.sysprep.appx,
    "errors": lambda pc: pc.sysprep.errors[-5:],
    "image": lambda pc: read_marker(pc.disk, "image"),
}
