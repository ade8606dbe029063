# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queries on devices: enrolment, presence, what was done for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ..planner.model import Device
from .errors import UnknownDevice
from .portable import chunks, insert_if_absent
from .tables import contacts, devices
from .values import Contact, Presence

REGISTER = ("device_class", "ring", "unit", "criticality", "model", "room", "always_on", "managed",
            "exposure", "impact", "responsible")  # fmt: skip


def enrol(conn: sa.Connection, found: Iterable[Device], now: datetime) -> None:
    """Make the register's devices known. ``known_since`` is set once; the register's facts are brought up to date."""
    wanted = {device.name: {name: _fact(device, name) for name in REGISTER} for device in found}
    known: dict[str, dict[str, Any]] = {}
    for names in chunks(wanted):
        for row in conn.execute(_FACTS, {"names": names}).mappings():
            known[row["name"]] = {name: row[name] for name in REGISTER}
    fresh = [{"name": name, "known_since": now, **facts} for name, facts in wanted.items() if name not in known]
    insert_if_absent(conn, devices, fresh)
    changed = [{"b_name": name, **facts} for name, facts in wanted.items() if known.get(name, facts) != facts]
    if changed:
        values: dict[str, Any] = {name: sa.bindparam(name) for name in REGISTER}
        conn.execute(sa.update(devices).where(devices.c.name == sa.bindparam("b_name")).values(values), changed)


def _fact(device: Device, name: str) -> object:
    value = getattr(device, name)
    return value.value if isinstance(value, Enum) else value


def lock(conn: sa.Connection, name: str) -> sa.RowMapping:
    """Return the device's row, held until the transaction ends; raises UnknownDevice."""
    row = conn.execute(_LOCK, {"name": name}).mappings().one_or_none()
    if row is None:
        raise UnknownDevice(f"{name}: the ledger does not know this device; enrol it first")
    return row


def change(conn: sa.Connection, name: str, values: Mapping[str, Any]) -> None:
    """Set columns of one device; raises UnknownDevice."""
    if conn.execute(_CHANGE, {"b_name": name, **values}).rowcount == 0:
        raise UnknownDevice(f"{name}: the ledger does not know this device; enrol it first")


def mark_served(conn: sa.Connection, name: str, instant: datetime) -> None:
    """Record that the device is served for every window that opened at or before ``instant``; it never goes back."""
    served = lock(conn, name)["served_until"]
    if served is None or instant > served:
        change(conn, name, {"served_until": instant})


def presence(conn: sa.Connection, names: Iterable[str]) -> dict[str, Presence]:
    """When each device last answered; names that are not enrolled are left out."""
    found: dict[str, Presence] = {}
    for part in chunks(names):
        columns = (devices.c.name, devices.c.last_seen, devices.c.offline_since)
        for name, seen, offline in conn.execute(sa.select(*columns).where(devices.c.name.in_(part))):
            found[name] = Presence(seen, offline)
    return found


def record_contacts(conn: sa.Connection, tried: Iterable[Contact], now: datetime) -> None:
    """Record one try for each device: a spell of answers or of silence goes on, or a new one begins.

    Devices that are not enrolled are left out. The same try recorded twice changes nothing.
    """
    by_name = {contact.device: contact for contact in tried}
    for names in chunks(sorted(by_name)):
        _record_part(
            conn, [(by_name[row["name"]], row) for row in conn.execute(_LAST_SPELLS, {"names": names}).mappings()], now
        )


def _record_part(conn: sa.Connection, tried: list[tuple[Contact, sa.RowMapping]], now: datetime) -> None:
    begun: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    silent: list[dict[str, Any]] = []
    for contact, spell in tried:
        turned = spell["answered"] is not contact.answered
        last_at = spell["last_at"]
        if last_at is not None and (now < last_at or (now == last_at and not (turned and contact.answered))):
            continue
        if turned:
            begun.append(_spell(contact, now))
            (seen if contact.answered else silent).append({"b_name": contact.device, "b_now": now})
        else:
            kept.append({"b_id": spell["id"], "b_now": now, "b_why": contact.why})
            if contact.answered:
                seen.append({"b_name": contact.device, "b_now": now})
    if begun:
        conn.execute(sa.insert(contacts), begun)
    if kept:
        conn.execute(_GOES_ON, kept)
    if seen:
        conn.execute(_SEEN, seen)
    if silent:
        conn.execute(_SILENT, silent)


def _spell(contact: Contact, now: datetime) -> dict[str, Any]:
    return {
        "device": contact.device,
        "answered": contact.answered,
        "first_at": now,
        "last_at": now,
        "tries": 1,
        "why": contact.why,
    }


_NAMES: sa.BindParameter[str] = sa.bindparam("names", expanding=True)
_FACTS = sa.select(devices.c.name, *(devices.c[name] for name in REGISTER)).where(devices.c.name.in_(_NAMES))
_LOCK = sa.select(devices).where(devices.c.name == sa.bindparam("name")).with_for_update()
_LAST = sa.select(sa.func.max(contacts.c.id)).where(contacts.c.device.in_(_NAMES)).group_by(contacts.c.device)
_LAST_SPELLS = (
    sa.select(devices.c.name, contacts.c.id, contacts.c.answered, contacts.c.last_at)
    .outerjoin(contacts, sa.and_(contacts.c.device == devices.c.name, contacts.c.id.in_(_LAST)))
    .where(devices.c.name.in_(_NAMES))
)
_NAMED = devices.c.name == sa.bindparam("b_name")
_CHANGE = sa.update(devices).where(_NAMED)
_SEEN = sa.update(devices).where(_NAMED).values(last_seen=sa.bindparam("b_now"), offline_since=None)
_SILENT = sa.update(devices).where(_NAMED).values(offline_since=sa.bindparam("b_now"))
_GOES_ON = (
    sa.update(contacts)
    .where(contacts.c.id == sa.bindparam("b_id"))
    .values(last_at=sa.bindparam("b_now"), why=sa.bindparam("b_why"), tries=contacts.c.tries + 1)
)
