# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a fleet file says of a PC's disk and identity: its SID, its place in the domain, its key, markers and files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from .device.disk import MemoryDisk
from .device.generalising import Sysprep, Volume
from .device.identity import ACTIVATIONS, TRUSTS, Activation, Identity, fresh
from .device.markers import FIELDS, write_marker
from .fleet_form import FleetError, Form

FACTS = (
    "machine_sid",
    "wsus_client_id",
    "os",
    "boot_time",
    "activation",
    "domain_trust",
    "image",
    "run_marker",
    "users",
)
_SID = re.compile(r"^S-1-5-21-\d+-\d+-\d+$")


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """``identity``: what differs from a fresh one. ``files``: path on Windows to text. Markers as in the protocol."""

    identity: dict[str, object] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    markers: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    appx: tuple[str, ...] = ()
    bitlocker: bool = False
    rearm_left: int = 1000

    def sysprep(self) -> Sysprep:
        """Return what Sysprep would find on the PC at the lab's start."""
        return Sysprep(
            rearm_left=self.rearm_left, volumes=[Volume("C:", self.bitlocker, self.bitlocker)], packages=self.appx
        )

    def disk(self) -> MemoryDisk:
        """Return the disk of the PC at the lab's start."""
        disk = MemoryDisk.of(self.files)
        for kind, marker in self.markers.items():
            write_marker(disk, kind, marker)
        for fact, why in self.unreadable.items():
            if fact.startswith("files:"):
                disk.broken[fact.removeprefix("files:").casefold()] = why
        return disk

    def identify(self, name: str, *, joined: bool) -> Identity:
        """Return the identity of the PC at the lab's start."""
        unreadable = {fact: why for fact, why in self.unreadable.items() if not fact.startswith("files:")}
        return replace(fresh(name, joined=joined), unreadable=unreadable, **self.identity)  # type: ignore[arg-type]


def disk(form: Form) -> DiskSpec:
    """Read ``identity``, ``image``, ``run_marker``, ``files`` and ``sysprep`` of a PC. Raises FleetError."""
    markers = {}
    for kind, key in (("image", "image"), ("run", "run_marker")):
        if form.raw.get(key) is not None:
            markers[kind] = _marker(form.form(key), kind)
    files = form.form("files")
    for path in files.raw:
        if not re.match(r"^[A-Za-z]:\\", str(path)):
            raise FleetError(f"{files.place}: {path!r} is not a path; write it whole, such as C:\\Room\\list.txt")
    identity, sysprep = form.form("identity"), form.form("sysprep")
    sysprep.only("appx", "bitlocker", "rearm_left")
    return DiskSpec(
        _identity(identity), _unreadable(identity.form("unreadable")), markers,
        {str(path): files.text(path) or "" for path in files.raw},
        sysprep.words("appx"), sysprep.flag("bitlocker", False), int(sysprep.number("rearm_left", 1000) or 0),
    )  # fmt: skip


def _marker(form: Form, kind: str) -> dict[str, str]:
    form.only(*FIELDS[kind])
    marker = {}
    for name in FIELDS[kind]:
        if name in ("date", "written"):
            at = form.instant(name)
            marker[name] = f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
        else:
            marker[name] = form.text(name) or ""
        if not marker[name]:
            raise FleetError(f"{form.place}: {name}: it is missing; a marker has {', '.join(FIELDS[kind])}")
    if kind == "image" and not re.fullmatch(r"[0-9a-f]{64}", marker["checksum"]):
        raise form.wrong("checksum", "a SHA-256: 64 hexadecimal digits in lower case")
    return marker


def _identity(form: Form) -> dict[str, object]:
    form.only("machine_sid", "wsus_client_id", "domain_trust", "activation", "unreadable")
    found: dict[str, object] = {}
    sid = form.text("machine_sid")
    if sid is not None:
        if not _SID.match(sid):
            raise form.wrong("machine_sid", "a machine's SID, such as S-1-5-21-1-2-3")
        found["machine_sid"] = sid
    for key, name in (("wsus_client_id", "wsus_client_id"), ("domain_trust", "trust")):
        value = form.text(key, None, TRUSTS if key == "domain_trust" and form.raw.get(key) is not None else ())
        if value is not None:
            found[name] = value
    if "activation" in form.raw:
        found["activation"] = None if form.raw["activation"] is None else _activation(form.form("activation"))
    return found


def _activation(form: Form) -> Activation:
    form.only("status", "channel", "grace_minutes")
    usual = Activation()
    return Activation(
        form.text("status", usual.status, ACTIVATIONS) or "",
        form.text("channel", usual.channel) or "",
        int(form.number("grace_minutes", usual.grace_minutes) or 0),
    )


def _unreadable(form: Form) -> dict[str, str]:
    for fact in form.raw:
        if fact not in FACTS and not str(fact).startswith("files:"):
            raise FleetError(f"{form.place}: {fact!r} is not a fact; use {', '.join(FACTS)} or files:<path>")
    return {str(fact): form.text(fact) or "it cannot be read" for fact in form.raw}
