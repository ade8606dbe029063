# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The software of each device: the repository of known systems and of what is installed on them (enterprise 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ..device.report import Program, SoftwareList
from .portable import chunks, insert_if_absent, upsert
from .software_tables import software, software_lists


@dataclass(frozen=True, slots=True)
class Held:
    """A program on a device, found there since ``since``; ``gone_at`` None: it is still there."""

    device: str
    program: Program
    since: datetime
    gone_at: datetime | None = None


class SoftwareReader:
    """Questions about software."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def digest(self, device: str) -> str:
        """The digest of the device's last list, or "" when there is none."""
        return self._conn.execute(_DIGEST, {"b_device": device}).scalar_one_or_none() or ""

    def of(self, devices: Iterable[str] | None = None, *, gone: bool = False) -> Iterator[Held]:
        """What is installed, by device and name, on the named devices or on all; ``gone``: what was, too."""
        query = sa.select(software).order_by(software.c.device, software.c.name, software.c.version, software.c.id)
        if not gone:
            query = query.where(software.c.gone_at.is_(None))
        for part in [None] if devices is None else chunks(sorted(devices)):
            chosen = query if part is None else query.where(software.c.device.in_(part))
            for row in self._conn.execute(chosen):
                program = Program(row.name, row.version, row.publisher, row.scope)
                yield Held(row.device, program, row.since, row.gone_at)


class Software(SoftwareReader):
    """Questions, and lists to remember."""

    __slots__ = ()

    def record(self, device: str, found: SoftwareList, at: datetime) -> None:
        """Record what a device lists. Without items (the digest was known) only that the list still holds."""
        upsert(self._conn, software_lists, [{"device": device, "digest": found.digest, "seen_at": at}])
        if found.items is None:
            return
        wanted = {_key(one): one for one in found.items}
        held = {row.open_key: row.id for row in self._conn.execute(_HELD, {"b_device": device})}
        fresh = [
            {
                "device": device,
                "name": one.name,
                "version": one.version,
                "publisher": one.publisher,
                "scope": one.scope,
                "since": at,
                "gone_at": None,
                "open_key": key,
            }
            for key, one in wanted.items()
            if key not in held
        ]
        insert_if_absent(self._conn, software, fresh)
        gone = [{"b_id": identity, "b_at": at} for key, identity in held.items() if key not in wanted]
        if gone:
            self._conn.execute(_END, gone)


def _key(program: Program) -> str:
    text = "\n".join((program.name, program.version, program.publisher, program.scope))
    return hashlib.sha256(text.encode()).hexdigest()


_DEVICE: sa.BindParameter[str] = sa.bindparam("b_device")
_DIGEST = sa.select(software_lists.c.digest).where(software_lists.c.device == _DEVICE)
_HELD = sa.select(software.c.id, software.c.open_key).where(software.c.device == _DEVICE, software.c.gone_at.is_(None))
_END = (
    sa.update(software).where(software.c.id == sa.bindparam("b_id")).values(gone_at=sa.bindparam("b_at"), open_key=None)
)
