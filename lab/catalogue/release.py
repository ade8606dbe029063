# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The values of the catalogue: a Windows release (product) and an update for it. Shared by all devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

_NAMESPACE = uuid5(NAMESPACE_URL, "https://nightshift.invalid/lab/catalogue")


def update_id(kb_or_name: str, product: str = "") -> str:
    """Return the stable update id of a KB (or of a driver's name) for one product."""
    return str(uuid5(_NAMESPACE, f"{kb_or_name}/{product}"))


def is_update_id(text: str) -> bool:
    """Tell whether ``text`` has the form of an update id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Product:
    """A Windows release. ``first_ubr`` is the build revision of a PC without any update of the catalogue."""

    key: str
    edition: str
    version: str
    build: int
    first_ubr: int
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Release:
    """One update as the update service offers it.

    ``severity`` is WUA's MsrcSeverity (``""`` for most cumulative updates), ``restart`` its RebootBehavior in words;
    ``needs_restart`` is what installing it really leaves behind. ``supersedes`` and ``requires`` are update ids; the
    former is complete (what a replaced update replaced is in it too). ``minutes``: installation; ``size``: bytes.
    ``ubr``: build revision after the restart that completes it. ``licence``: its terms must be accepted first.
    The four fields from ``vendor`` on are of packages alone, and so is a KB that names a package.
    """

    id: str
    title: str = ""
    revision: int = 1
    provider: str = "windows_update"
    kbs: tuple[str, ...] = ()
    severity: str = ""
    categories: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()
    size: int = 1_000_000
    restart: str = "never"
    needs_restart: bool = False
    can_request_user_input: bool = False
    supersedes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    released: datetime | None = None
    uninstallable: bool = False
    licence: bool = False
    refuses_while_pending: bool = False
    factory: bool = False
    ubr: int | None = None
    minutes: float = 10.0
    products: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    feature: str = ""
    vendor: str = ""
    product: str = ""
    installed_version: str = ""
    available_version: str = ""

    @property
    def kb(self) -> str:
        """Its first KB, or its title."""
        return self.kbs[0] if self.kbs else self.title
