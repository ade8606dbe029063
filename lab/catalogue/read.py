# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the catalogue's YAML (facts about real updates) and a fleet's own extra updates into releases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .release import Product, Release, update_id
from .rolling import Rolling

_PATCH_TUESDAY_HOUR = 18  # UTC; 10:00 Pacific
_SEVERITIES = ("Critical", "Important", "Moderate", "Low", "")
_RESTARTS = ("never", "always", "can_request")


# libyaml where PyYAML has it; several times as fast
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CatalogueError(ValueError):
    """An extra update of a fleet file that cannot be meant so: names key, value and what is allowed."""


@cache
def _facts(name: str) -> Any:
    return yaml.load((files(__package__) / f"{name}.yml").read_text(encoding="utf-8"), _Loader)  # a SafeLoader


@cache
def products() -> Mapping[str, Product]:
    """Return the Windows releases by key, for example ``windows-11-24h2``."""
    return {key: Product(key=key, **entry) for key, entry in _facts("products").items()}


def instant_of(value: date | datetime | str) -> datetime:
    """Return the aware instant of a release: a day means the usual hour of that day."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(_PATCH_TUESDAY_HOUR), UTC)


@cache
def releases() -> tuple[Release, ...]:
    """Return every single release of the catalogue."""
    sundry = (release for entry in _facts("sundry") for release in _declared(entry))
    return (*_cumulative(), *_office(), *sundry)


def rolling() -> Iterator[Rolling]:
    """Yield the series that never end."""
    for entry in _facts("rolling"):
        own = ("name", "first", "every", "hour", "number")
        first = entry["first"]
        pattern = next(_declared({**{k: v for k, v in entry.items() if k not in own}, "released": first}))
        yield Rolling(entry["name"], pattern, first, entry["every"] == "month", entry["hour"], entry["number"])


def extra(entries: Iterable[Mapping[str, Any]], place: str) -> Iterator[Release]:
    """Yield the releases that a fleet file declares. Raises CatalogueError; ``place`` names the file and key."""
    for number, entry in enumerate(entries):
        yield from _declared(entry, f"{place}[{number}]")


def _cumulative() -> Iterator[Release]:
    by_product: dict[str, list[Mapping[str, Any]]] = {}
    for entry in _facts("cumulative"):
        by_product.setdefault(entry["product"], []).append(entry)
    for key, entries in by_product.items():
        product = products()[key]
        replaced: list[str] = []
        for entry in sorted(entries, key=lambda e: str(e["released"])):
            for kb in filter(None, [entry.get("supersedes")]):
                replaced += [one for one in [update_id(kb, key)] if one not in replaced]
            month = entry["released"].strftime("%Y-%m")
            yield Release(
                id=update_id(entry["kb"], key),
                revision=200,
                title=f"{month} Cumulative Update for {product.name} for x64-based Systems ({entry['kb']})",
                kbs=(entry["kb"],),
                categories=("Security Updates", product.category),
                cves=tuple(entry["cves"]),
                size=entry["size_mb"] * 1_000_000,
                restart="can_request",
                needs_restart=True,
                supersedes=tuple(replaced),
                requires=tuple(update_id(kb, key) for kb in filter(None, [entry.get("requires")])),
                released=instant_of(entry["released"]),
                uninstallable=True,
                ubr=entry["ubr"],
                minutes=14.0,
                products=frozenset([key]),
            )
            replaced.append(update_id(entry["kb"], key))


def _office() -> Iterator[Release]:
    usual = {"categories": ["Security Updates", "Office 2016"], "minutes": 3, "restart": "can_request"}
    for entry in _facts("office"):
        yield from _declared({**usual, **entry, "feature": "office2016", "uninstallable": True})


_LISTS = ("categories", "cves", "supersedes", "requires", "products", "models")
_PLAIN = {
    "title": str, "severity": str, "restart": str, "needs_restart": bool, "can_request_user_input": bool,
    "uninstallable": bool, "refuses_while_pending": bool, "factory": bool, "feature": str, "revision": int,
}  # fmt: skip
_OTHER = ("kb", "name", "released", "size_mb", "minutes", "eula", "id")


def _declared(entry: Mapping[str, Any], place: str = "catalogue") -> Iterator[Release]:
    _check(entry, place)
    kb, name = entry.get("kb", ""), entry.get("name", "")
    for product in entry.get("products") or [""]:
        restart = entry.get("restart", "can_request" if entry.get("needs_restart") else "never")
        plain = {key: entry[key] for key in _PLAIN if key in entry}
        base = Release(
            id=entry.get("id") or update_id(kb or name, product),
            kbs=(kb,) if kb else (),
            categories=tuple(entry.get("categories", ("Updates",))),
            cves=tuple(entry.get("cves", ())),
            supersedes=tuple(_ids(entry.get("supersedes", ()), product)),
            requires=tuple(_ids(entry.get("requires", ()), product)),
            size=int(entry.get("size_mb", 20) * 1_000_000),
            minutes=float(entry.get("minutes", 5)),
            released=instant_of(entry["released"]) if "released" in entry else None,
            licence=bool(entry.get("eula", False)),
            products=frozenset([product] if product else []),
            models=frozenset(entry.get("models", ())),
        )
        yield replace(base, **{"title": kb or name, **plain, "restart": restart})


def _ids(kbs: Iterable[str], product: str) -> Iterator[str]:
    for kb in kbs:
        yield update_id(kb, product)


def _check(entry: Mapping[str, Any], place: str) -> None:
    allowed = (*_PLAIN, *_LISTS, *_OTHER)
    for key, value in entry.items():
        if key not in allowed:
            raise CatalogueError(f"{place}.{key}: unknown key; use one of {', '.join(sorted(allowed))}")
        if key in _PLAIN and not isinstance(value, _PLAIN[key]):
            raise CatalogueError(f"{place}.{key}: {value!r} is not a {_PLAIN[key].__name__}")
        if key in _LISTS and not isinstance(value, list):
            raise CatalogueError(f"{place}.{key}: {value!r} is not a list")
    if not (entry.get("kb") or entry.get("name")):
        raise CatalogueError(f"{place}: has neither kb nor name; an update needs one of them")
    if entry.get("severity", "") not in _SEVERITIES:
        raise CatalogueError(f"{place}.severity: {entry['severity']!r}; use Critical, Important, Moderate, Low or ''")
    if entry.get("restart", "never") not in _RESTARTS:
        raise CatalogueError(f"{place}.restart: {entry['restart']!r}; use {', '.join(_RESTARTS)}")
    for product in entry.get("products", ()):
        if product not in products():
            raise CatalogueError(f"{place}.products: {product!r} is unknown; use one of {', '.join(products())}")
