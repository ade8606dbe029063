# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Updates of other vendors: who is asked for them, which are wanted, and how severe they are (helpdesk 7).

No package source rates its updates, so the policy does, by vendor or product.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .model import Severity, Update

AGENT = "windows_update"
EVERYONE = "*"


@dataclass(frozen=True, slots=True)
class VendorPolicy:
    """Section ``vendors``. ``providers`` are asked besides the update agent: winget, chocolatey.

    The names in ``allow`` (empty: all), ``deny`` and ``severity`` are in small letters: a vendor, a product,
    ``vendor/product``, a package as ``winget:mozilla.firefox``, or ``*``.
    """

    providers: tuple[str, ...] = ()
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)


NO_VENDORS = VendorPolicy()


def names_of(update: Update) -> Iterator[str]:
    """Yield the names under which a policy knows a package's update, the narrowest first; none for the agent's."""
    if update.provider == AGENT:
        return
    vendor, product = update.vendor.casefold(), update.product.casefold()
    yield from (kb.casefold() for kb in update.kbs)
    yield f"{vendor}/{product}"
    yield from (name for name in (product, vendor) if name)
    yield EVERYONE


def is_wanted(update: Update, policy: VendorPolicy) -> bool:
    """Tell whether the policy wants updates of that product at all. The agent's are not its business."""
    if update.provider == AGENT:
        return True
    names = set(names_of(update))
    return names.isdisjoint(policy.deny) and (not policy.allow or not names.isdisjoint(policy.allow))


def rating(update: Update, policy: VendorPolicy) -> Severity | None:
    """Return the rating that the policy gives to a vendor or product: the one of the narrowest name."""
    return next((policy.severity[name] for name in names_of(update) if name in policy.severity), None)
