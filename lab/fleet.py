# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fleet files: which PCs a lab has, how they stand at its start, and what will happen to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from .catalogue import Catalogue, read
from .device.faults import Fault, FaultError, read_fault
from .device.offered import Pace
from .device.packages import Package
from .device.power import Switching
from .device.state import PendingRestart, Session
from .fleet_disk import DiskSpec, disk
from .fleet_form import FleetError, Form, local_instant, read_instant
from .fleet_packages import package
from .imaging import ImagingSpec, imaging

__all__ = ["DeviceSpec", "FleetError", "FleetSpec", "load", "parse"]

CLASSES = ("desktop", "laptop", "server", "room")
CHASSIS = ("desktop", "laptop", "server", "virtual", "unknown")
_DEFAULT_START = "2026-11-23T15:30:00"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One PC of a fleet file. Instants are aware; ``without`` names installed updates (KB) that it lacks after all."""

    name: str
    device_class: str = "desktop"
    product: str = "windows-11-24h2"
    manufacturer: str = "Contoso"
    model: str = "Desk 5"
    chassis: str = "desktop"
    domain: str = "help.example"
    patched_until: datetime = datetime(2026, 1, 20, tzinfo=UTC)
    features: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()
    people: tuple[Session, ...] = ()
    switchings: tuple[Switching, ...] = ()
    on: bool = True
    uptime: timedelta = timedelta(days=1)
    power: str = "ac"
    battery_percent: int | None = None
    free_bytes: int = 120_000_000_000
    skew: timedelta = timedelta(0)
    pending: frozenset[str] = frozenset()
    foreign_restart: datetime | None = None
    faults: tuple[Fault, ...] = ()
    packages: tuple[Package, ...] = ()
    without_managers: tuple[str, ...] = ()
    disk: DiskSpec = field(default_factory=DiskSpec)
    ring: str | None = None
    room: str | None = None
    seat: str | None = None
    mac: str | None = None
    unit: str | None = None
    criticality: str | None = None
    responsible: str | None = None
    exposure: str | None = None
    impact: str | None = None
    always_on: bool = False
    managed: bool = True


@dataclass(frozen=True, slots=True)
class FleetSpec:
    """A whole fleet file. ``start`` is the lab's first instant unless the command line says otherwise."""

    zone: ZoneInfo
    start: datetime
    catalogue: Catalogue
    pace: Pace = field(default_factory=Pace)
    boot_seconds: float = 60.0
    restart_seconds: float = 120.0
    complete_seconds: float = 120.0
    devices: tuple[DeviceSpec, ...] = ()
    imaging: ImagingSpec | None = None


def load(path: Path) -> FleetSpec:
    """Read a fleet file. Raises FleetError."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, yaml.YAMLError) as problem:
        raise FleetError(f"{path}: cannot be read: {' '.join(str(problem).split())}") from problem
    return parse(raw, str(path))


def parse(raw: Any, place: str) -> FleetSpec:
    """Build a fleet from the content of a fleet file; ``place`` names it. Raises FleetError."""
    top = Form(raw, place)
    top.only("zone", "start", "catalogue", "pace", "defaults", "devices", "imaging")
    zone = _zone(top)
    top.zone = zone
    pace = top.form("pace")
    pace.only("search_minutes", "install_minutes", "megabits", "boot_seconds", "restart_seconds", "complete_seconds")
    minutes = pace.number("install_minutes", None)
    spec = FleetSpec(
        zone,
        top.instant("start") or local_instant(datetime.fromisoformat(_DEFAULT_START), zone),
        _catalogue(top.form("catalogue")),
        Pace(
            (pace.number("search_minutes", 2.0) or 0.0) * 60,
            None if minutes is None else minutes * 60,
            (pace.number("megabits", 100.0) or 1.0) * 125_000,
        ),
        pace.number("boot_seconds", 60.0) or 0.0,
        pace.number("restart_seconds", 120.0) or 0.0,
        pace.number("complete_seconds", 120.0) or 0.0,
        tuple(_devices(top)),
        imaging(top.form("imaging")) if top.raw.get("imaging") is not None else None,
    )
    seen: set[str] = set()
    for device in spec.devices:
        if device.name in seen:
            raise FleetError(f"{place}: devices: the name {device.name!r} is given twice; names are unique")
        seen.add(device.name)
    if not spec.devices:
        raise FleetError(f"{place}: devices: there are none; list at least one")
    return spec


def _zone(top: Form) -> ZoneInfo:
    name = top.text("zone", "Europe/London") or ""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise top.wrong("zone", "a time zone; use an IANA name such as Europe/London") from None


def _catalogue(form: Form) -> Catalogue:
    form.only("released_until", "shift_days", "extra_updates")
    try:
        extra = list(read.extra(form.list("extra_updates"), f"{form.place}: extra_updates"))
    except read.CatalogueError as problem:
        raise FleetError(str(problem)) from problem
    return Catalogue.real(extra, form.instant("released_until"), timedelta(days=form.number("shift_days", 0) or 0))


def _devices(top: Form) -> Iterator[DeviceSpec]:
    defaults = top.form("defaults").raw
    for form in top.forms("devices"):
        count = form.raw.get("count", 1)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise form.wrong("count", "a number of 1 or more")
        for number in range(1, count + 1):
            merged = {**defaults, **{k: v for k, v in form.raw.items() if k != "count"}}
            name = str(merged.get("name", ""))
            if not name or (count > 1 and "{n" not in name):
                raise form.wrong("name", "a name" if count == 1 else "a pattern; use {n} where the number goes")
            try:
                merged["name"] = name.format(n=number)
            except (KeyError, IndexError, ValueError):
                raise form.wrong("name", "a pattern; use {n} or {n:03d} where the number goes") from None
            yield _device(Form(merged, form.place, top.zone))


_KEYS = (
    "name", "class", "product", "manufacturer", "model", "chassis", "domain", "patched_until", "features", "without",
    "users", "switch", "powered", "uptime_days", "power", "battery_percent", "free_gb", "clock_ahead_seconds",
    "pending_restart", "foreign_restart", "faults", "packages", "without_managers",
    "identity", "image", "run_marker", "files", "sysprep",
    "ring", "room", "seat", "mac", "unit", "criticality", "responsible", "exposure", "impact",
    "always_on", "managed",
)  # fmt: skip


def _device(form: Form) -> DeviceSpec:
    form.only(*_KEYS)
    device_class = form.text("class", "desktop", CLASSES) or ""
    pending = form.words("pending_restart")
    for source in pending:
        if source not in PendingRestart().sources():
            raise form.wrong("pending_restart", f"a list of {', '.join(PendingRestart().sources())}")
    battery = form.number("battery_percent", None)
    skew = form.raw.get("clock_ahead_seconds", 0)
    if isinstance(skew, bool) or not isinstance(skew, (int, float)):
        raise form.wrong("clock_ahead_seconds", "a number of seconds (negative: behind)")
    return DeviceSpec(
        name=form.text("name") or "",
        device_class=device_class,
        product=form.text("product", "windows-11-24h2", tuple(read.products())) or "",
        manufacturer=form.text("manufacturer", "Contoso") or "",
        model=form.text("model", "Desk 5") or "",
        chassis=form.text("chassis", "desktop" if device_class == "room" else device_class, CHASSIS) or "",
        domain=form.text("domain", "help.example") or "",
        patched_until=form.instant("patched_until") or datetime(2026, 1, 20, tzinfo=UTC),
        features=frozenset(form.words("features")),
        without=form.words("without"),
        people=tuple(_person(one) for one in form.forms("users")),
        switchings=tuple(_switching(one) for one in form.forms("switch")),
        on=form.flag("powered", True),
        uptime=timedelta(days=form.number("uptime_days", 1.0) or 0.0),
        power=form.text("power", "ac", ("ac", "battery", "unknown")) or "",
        battery_percent=None if battery is None else int(battery),
        free_bytes=int((form.number("free_gb", 120.0) or 0.0) * 1_000_000_000),
        skew=timedelta(seconds=skew),
        pending=frozenset(pending),
        foreign_restart=form.instant("foreign_restart"),
        faults=tuple(_fault(one) for one in form.forms("faults")),
        packages=tuple(package(one) for one in form.forms("packages")),
        without_managers=form.words("without_managers"),
        disk=disk(form),
        ring=form.text("ring"),
        room=form.text("room"),
        seat=form.text("seat"),
        mac=form.text("mac"),
        unit=form.text("unit"),
        criticality=form.text("criticality"),
        responsible=form.text("responsible"),
        exposure=form.text("exposure"),
        impact=form.text("impact"),
        always_on=form.flag("always_on", False),
        managed=form.flag("managed", True),
    )


def _person(form: Form) -> Session:
    form.only("name", "idle_minutes", "active")
    idle = form.number("idle_minutes", None)
    return Session(form.text("name", "") or "", None if idle is None else int(idle * 60), form.flag("active", True))


def _switching(form: Form) -> Switching:
    form.only("at", "powered")
    at = form.instant("at")
    if at is None or "powered" not in form.raw:
        raise FleetError(f"{form.place}: a switching has at (an instant) and powered (true or false)")
    return Switching(at, form.flag("powered", True))


def _fault(form: Form) -> Fault:
    try:
        return read_fault(form.raw, form.place, lambda value, place: read_instant(value, place, form.zone))
    except FaultError as problem:
        raise FleetError(str(problem)) from problem
