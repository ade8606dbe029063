# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A campus in a directory: the LDIF of its OUs, groups and computers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.services.samba_ad import BASE

CAMPUS = f"OU=Campus,{BASE}"
OFF = 2  # userAccountControl: the account is disabled
WORKSTATION = 4096


@dataclass(frozen=True, slots=True)
class Computer:
    """A computer account. ``ou``: the path below OU=Campus, innermost first, as ``OU=S12,OU=Rooms``."""

    name: str
    ou: str
    mac: str = ""
    ring: str = ""
    department: str = ""
    disabled: bool = False

    @property
    def dn(self) -> str:
        """Return where it is."""
        return ",".join(part for part in (f"CN={self.name}", self.ou, CAMPUS) if part)


def ldif(computers: Iterable[Computer]) -> str:
    """Return the entries: all OUs from the outermost on, the computers, the groups of the rings with their members."""
    known = list(computers)
    entries = [_entry(dn, ["objectClass: organizationalUnit"]) for dn in _ous(known)]
    for one in known:
        lines = [
            "objectClass: computer",
            f"sAMAccountName: {one.name}$",
            f"userAccountControl: {WORKSTATION + OFF * one.disabled}",
            f"dNSHostName: {one.name.lower()}.example.org",
        ]
        lines += [f"networkAddress: {one.mac}"] * bool(one.mac) + [f"department: {one.department}"] * bool(
            one.department
        )
        entries.append(_entry(one.dn, lines))
    for ring in sorted({one.ring for one in known if one.ring}):
        members = [f"member: {one.dn}" for one in known if one.ring == ring]
        entries.append(
            _entry(f"CN=Ring {ring},{CAMPUS}", ["objectClass: group", f"sAMAccountName: Ring {ring}", *members])
        )
    return "\n".join(entries)


def _ous(computers: Iterable[Computer]) -> list[str]:
    found = {CAMPUS}
    for one in computers:
        parts = [part for part in one.ou.split(",") if part]
        found |= {",".join([*parts[at:], CAMPUS]) for at in range(len(parts))}
    return sorted(found, key=lambda dn: dn.count(","))


def _entry(dn: str, lines: Iterable[str]) -> str:
    return "\n".join([f"dn: {dn}", *lines, ""])
