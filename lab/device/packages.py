# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The package managers of a simulated PC: what each finds, and what its program ends with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ..catalogue.release import Release
from . import hresults
from .service import Act
from .state import Found, Offer, ProviderPart

PROVIDERS = ("winget", "chocolatey")
_MISSING = {
    "winget": "winget is missing: no Microsoft.DesktopAppInstaller with winget.exe under WindowsApps; "
    "install App Installer for all users",
    "chocolatey": "Chocolatey is missing: no choco.exe in its folder",
}
_IN_USE = {"winget": 0x8A150101 - 2**32, "chocolatey": 1603}
_SIGN = 2**32


@dataclass(frozen=True, slots=True)
class ProgramRun:
    """How a program that is told to change one package goes. ``exit_code`` as Windows gives it: signed."""

    seconds: float = 120.0
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Edition:
    """A version that the source offers, from an instant on (None: always)."""

    number: str
    released: datetime | None = None


@dataclass(slots=True)
class Package:
    """One package. ``editions``: oldest first. ``running``: the application is open, and its installer gives up."""

    provider: str
    id: str
    name: str = ""
    vendor: str = ""
    installed: str = ""
    editions: tuple[Edition, ...] = ()
    pinned: bool = False
    running: bool = False
    acts: dict[Act, ProgramRun] = field(default_factory=dict)

    def newer(self, at: datetime) -> str:
        """Return the newest version on offer, or ``""`` when that is what is installed."""
        offered = [one.number for one in self.editions if one.released is None or one.released <= at]
        return offered[-1] if offered and offered[-1] != self.installed else ""


class ManagerMissing(Exception):
    """The provider cannot be asked; says why."""


@dataclass(slots=True)
class PackageManager:
    """One provider. ``broken``: why it cannot be asked, in words. ``seconds``: what asking it takes."""

    provider: str
    version: str = ""
    packages: list[Package] = field(default_factory=list)
    broken: str = ""
    seconds: float = 20.0

    def look(self, at: datetime) -> tuple[Found, ProviderPart]:
        """Return what it finds. Raises ManagerMissing."""
        if self.broken:
            raise ManagerMissing(self.broken)
        present = sorted((one for one in self.packages if one.installed), key=lambda one: one.id.casefold())
        newer = {one.id: one.newer(at) for one in present}
        # winget tells which packages are pinned, not whether there is something newer
        held = tuple(
            f"{self.provider}:{one.id}"
            for one in present
            if one.pinned and (newer[one.id] or self.provider == "winget")
        )
        missing = tuple(Offer(_release(one, newer[one.id])) for one in present if newer[one.id] and not one.pinned)
        installed = tuple(_release(one, newer[one.id], standing=True) for one in present)
        return Found(missing, installed), ProviderPart(self.provider, self.version, "", held)

    def plan(self, act: Act, release: Release) -> ProgramRun:
        """Say how an act on the package of ``release`` goes."""
        package = self._package(release)
        if act is Act.INSTALL and package.running:
            return ProgramRun(5.0, _IN_USE[self.provider])
        usual = ProgramRun(60.0) if act is Act.UNINSTALL else ProgramRun()
        return package.acts.get(act, usual)

    def complete(self, act: Act, release: Release) -> None:
        """Let a successful act take effect."""
        self._package(release).installed = release.available_version if act is Act.INSTALL else ""

    def _package(self, release: Release) -> Package:
        return next(one for one in self.packages if release.kb == f"{self.provider}:{one.id}")


def absent(provider: str) -> PackageManager:
    """Return a provider that is not on the PC."""
    return PackageManager(provider, broken=_MISSING[provider])


def provider_of(update: str) -> str:
    """Return the provider of a package's update id, or ``""`` for WUA's."""
    provider, colon, _rest = update.partition(":")
    return provider if colon and provider in PROVIDERS else ""


def ended(provider: str, act: Act, exit_code: int) -> tuple[int, int, bool]:
    """Return result code, HRESULT and whether a restart is required, as the modules read an exit code."""
    if exit_code == 0:
        return 2, 0, False
    if provider == "winget":
        code = exit_code % _SIGN
        if code in (0x8A150109, 0x8A15010B):
            return 2, 0, True
        return 4, hresults.NOT_APPLICABLE if code == 0x8A150014 else code, False
    if exit_code in (1641, 3010):
        return 2, 0, True
    if exit_code in (1605, 1614) and act is Act.UNINSTALL:
        return 0, hresults.NOT_INSTALLED, False
    if exit_code == 2:
        return 4, hresults.NOT_APPLICABLE, False
    if exit_code in (350, 1604):
        return 4, hresults.RESTART_FIRST, False
    if 2 < exit_code <= 0xFFFF:
        return 4, 0x80070000 + exit_code, False
    return 4, exit_code % _SIGN if exit_code < -1 else hresults.FAILURE, False


def _release(package: Package, newer: str, standing: bool = False) -> Release:
    """Return the version that is offered, or (``standing``) the one that is installed."""
    provider, offered = package.provider, "" if package.pinned else newer
    version = package.installed if standing else offered
    if provider == "winget":
        vendor, _dot, product = package.id.partition(".")
        name = package.name if offered and package.name else package.id
    else:
        vendor, product, name = package.vendor, package.id, package.name or package.id
    return Release(
        id=f"{provider}:{package.id}@{'_'.join(version.split())}",
        title=f"{name} {version}",
        revision=0,
        provider=provider,
        kbs=(f"{provider}:{package.id}",),
        size=0,
        restart="can_request",
        uninstallable=True,
        vendor=vendor,
        product=product or package.id,
        installed_version=package.installed,
        available_version=newer if provider == "chocolatey" else offered,
    )
