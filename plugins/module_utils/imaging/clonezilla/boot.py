# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PCs boot from a DRBL server: the files of pxelinux and GRUB, and who of them would be given an image.

pxelinux takes the first there is of ``01-<mac>``, the address in hexadecimal, that address cut from its end digit by
digit, and ``default``; GRUB that of ``grub.cfg-drbl-<mac>``, ``grub.cfg-drbl-<address>`` and ``grub.cfg``. Orders
stand in the kernel's line: ``ocs_opt="..."``, or ``ocs_live_run="ocs-sr ..."`` for PCs that run Clonezilla live. Files
are read without leaving a trace in their time of access, which tells whether a PC has fetched them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .clients import Client
from .layout import Layout

_ORDER = re.compile(r'\b(ocs_opt|ocs_live_run)=(?:\\?"([^"\\]*)\\?"|(\S+))')
_LABEL = re.compile(r"^\s*label\s+(\S+)", re.IGNORECASE)
_PXE_DEFAULT = re.compile(r"^\s*menu\s+default\b", re.IGNORECASE)
_ENTRY = re.compile(r"^\s*menuentry\s.*--id\s+(\S+)")
_GRUB_DEFAULT = re.compile(r"^\s*set\s+default=[\"']?([^\s\"']+)")
_HEXADECIMAL = re.compile(r"^[0-9A-F]{1,8}$")
_PXE_MAC = re.compile(r"^01-((?:[0-9a-f]{2}-){5}[0-9a-f]{2})$")
_GRUB_PREFIX = "grub.cfg-drbl-"


@dataclass(frozen=True, slots=True)
class Boot:
    """What one file says. ``order``: what its default would have Clonezilla do, "" for nothing; ``any_order``: as much
    for any entry, also one that is not the default. ``local``: its default is the disk of the PC."""

    path: Path
    order: str = ""
    any_order: str = ""
    local: bool = False


def chosen(layout: Layout, client: Client) -> tuple[Boot, ...]:
    """Return what a PC boots: the file that pxelinux takes and the one that GRUB takes, as far as there are any."""
    pxe = [*_pxe_files(layout, client), layout.pxelinux / "default"]
    grub = [*_grub_files(layout, client), layout.grub / "grub.cfg"]
    first = (next((path for path in paths if path.is_file()), None) for paths in (pxe, grub))
    return tuple(_read(path) for path in first if path is not None)


def own_files(layout: Layout, client: Client) -> tuple[Boot, ...]:
    """Return the files that are of one PC alone."""
    narrow = [path for path in _pxe_files(layout, client) if len(path.name) >= 8] + _grub_files(layout, client)
    return tuple(_read(path) for path in narrow if path.is_file())


def armed(layout: Layout, clients: tuple[Client, ...]) -> dict[str, list[Boot]]:
    """Return who would be given orders by which files: MACs, or the file's name where its PC is not known."""
    found: dict[str, list[Boot]] = {}
    for boot in _all_files(layout):
        if boot.any_order:
            for mac in _macs(boot.path.name, clients):
                found.setdefault(mac, []).append(boot)
    return found


def fetched(layout: Layout, client: Client) -> datetime | None:
    """Return when a PC fetched what it boots, None when it has not: its file was read after it was written."""
    times = []
    for boot in own_files(layout, client):
        status = boot.path.stat()
        if status.st_atime_ns > status.st_mtime_ns:
            times.append(datetime.fromtimestamp(status.st_atime, UTC))
    return max(times, default=None)


def can_tell_fetching(layout: Layout) -> bool:
    """Whether the file system keeps times of access at all."""
    try:
        return not os.statvfs(layout.pxelinux).f_flag & os.ST_NOATIME
    except OSError:
        return False


def labels(layout: Layout) -> frozenset[str]:
    """Return what can be chosen in pxelinux's default."""
    lines = _text(layout.pxelinux / "default").splitlines()
    return frozenset(found[1] for line in lines if (found := _LABEL.match(line)))


def _pxe_files(layout: Layout, client: Client) -> list[Path]:
    digits = client.hexadecimal
    cut = [digits[:length] for length in range(len(digits), 0, -1)]
    return [layout.pxelinux / name for name in ["01-" + client.mac.replace(":", "-"), *cut]]


def _grub_files(layout: Layout, client: Client) -> list[Path]:
    return [layout.grub / f"{_GRUB_PREFIX}{client.mac}", layout.grub / f"{_GRUB_PREFIX}{client.address}"]


def _all_files(layout: Layout) -> Iterator[Boot]:
    for folder in (layout.pxelinux, layout.grub):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.is_file() and _of_pcs(path.name):
                yield _read(path)


def _of_pcs(name: str) -> bool:
    """Whether PCs boot a file of this name; drbl-ocs keeps a skeleton beside, which nobody boots."""
    return bool(
        name in ("default", "grub.cfg")
        or _PXE_MAC.match(name.lower())
        or _HEXADECIMAL.match(name)
        or name.startswith(_GRUB_PREFIX)
    )


def _macs(name: str, clients: tuple[Client, ...]) -> list[str]:
    if name in ("default", "grub.cfg"):
        return [client.mac for client in clients] or [name]
    if found := _PXE_MAC.match(name.lower()):
        return [found[1].replace("-", ":")]
    rest = name.removeprefix(_GRUB_PREFIX)
    if rest != name and rest.count(":") == 5:
        return [rest.lower()]
    of_grub = [client.mac for client in clients if rest != name and client.address == rest]
    of_pxe = [client.mac for client in clients if rest == name and client.hexadecimal.startswith(name)]
    return of_grub or of_pxe or [name]


def _read(path: Path) -> Boot:
    """Read a file of pxelinux or of GRUB. Lines that begin with # are hidden entries."""
    grub = path.name.startswith("grub.cfg")
    default, entry = "", ""
    orders: dict[str, str] = {}
    for line in _text(path).splitlines():
        if line.lstrip().startswith("#"):
            continue
        if found := (_ENTRY if grub else _LABEL).match(line):
            entry = found[1]
        elif grub and (found := _GRUB_DEFAULT.match(line)):
            default = found[1]
        elif not grub and _PXE_DEFAULT.match(line):
            default = entry
        for order in _orders(line):
            orders[entry] = order
    first = next(iter(orders.values()), "")
    return Boot(path, orders.get(default, ""), first, default in ("local", "local-disk"))


def _orders(line: str) -> Iterator[str]:
    for found in _ORDER.finditer(line):
        order = (found[2] or found[3] or "").strip()
        if order and (found[1] == "ocs_opt" or order.startswith("ocs-sr")):
            yield order


def _text(path: Path) -> str:
    try:
        return _untraced(path)
    except OSError:
        return ""


def _untraced(path: Path) -> str:
    """Read a file whose time of access must stay as it is, which its owner and root may do."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOATIME)
    except PermissionError:
        return path.read_text(encoding="utf-8", errors="replace")
    with os.fdopen(handle, encoding="utf-8", errors="replace") as file:
        return file.read()
