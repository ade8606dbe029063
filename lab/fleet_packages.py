# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package managers of a fleet file's PCs: what is installed through them, and what they offer, from when on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .device.packages import PROVIDERS, Edition, Package, PackageManager, ProgramRun, absent
from .device.service import Act
from .fleet_form import FleetError, Form

VERSIONS = {"winget": "1.27.350.0", "chocolatey": "2.4.3"}
_KEYS = ("id", "name", "vendor", "installed", "versions", "pinned", "running", "minutes", "exit_code")


def package(form: Form) -> Package:
    """Read one of a PC's ``packages``. Raises FleetError."""
    form.only(*_KEYS)
    provider, colon, name = (form.text("id") or "").partition(":")
    if provider not in PROVIDERS or not colon or not name:
        raise form.wrong("id", f"a package; write {' or '.join(PROVIDERS)}, a colon and its id: winget:Mozilla.Firefox")
    code = form.raw.get("exit_code", 0)
    if isinstance(code, bool) or not isinstance(code, int):
        raise form.wrong("exit_code", "a whole number, negative for winget's codes")
    return Package(
        provider,
        name,
        form.text("name", "") or "",
        form.text("vendor", "") or "",
        form.text("installed", "") or "",
        tuple(_edition(one) for one in form.forms("versions")),
        form.flag("pinned", False),
        form.flag("running", False),
        {Act.INSTALL: ProgramRun((form.number("minutes", 2.0) or 0.0) * 60, code)},
    )


def managers(packages: Iterable[Package], without: Iterable[str]) -> list[PackageManager]:
    """Return the package managers of one PC, with packages of its own. winget is part of Windows; Chocolatey is
    there where it has packages; ``without``: missing after all.
    """
    own = [replace(one) for one in packages]
    found = []
    for provider in PROVIDERS:
        mine = [one for one in own if one.provider == provider]
        there = provider not in without and (provider == "winget" or bool(mine))
        manager = PackageManager(provider, VERSIONS[provider]) if there else absent(provider)
        manager.packages = mine
        found.append(manager)
    return found


def _edition(form: Form) -> Edition:
    form.only("version", "released")
    version = form.text("version")
    if not version:
        raise FleetError(f"{form.place}: a version has version (a text; put it in quotes) and perhaps released")
    return Edition(version, form.instant("released"))
