# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the ledger knows of vendors' documents: the advice on KBs, and where it comes from.

advice = tx.advisories.advice_for(["KB5068861"], system_of_device("Professional", 26100))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ..advisories.system import ANY
from ..advisories.values import ExploitedCve
from ..planner.fleet import Advice
from ..planner.model import Severity
from .advisories_tables import advice, advisory_cves, advisory_documents, advisory_imports, exploited_cves
from .portable import Row, chunks

_KBS: sa.BindParameter[str] = sa.bindparam("names", expanding=True)


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as it was imported last. ``id``: ``msrc:2025-Nov``, ``cisa-kev``; ``revised``: by its publisher."""

    id: str
    title: str
    revised: datetime
    source: str
    digest: str
    reader: int
    etag: str
    last_modified: str
    imported_at: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class PastImport:
    """An import that changed something: ``facts`` of the document, and the advice on ``kbs`` KBs."""

    document: str
    at: datetime
    source: str
    digest: str
    size: int
    revised: datetime
    facts: int
    kbs: int


class Advisories:
    """Questions about what was published."""

    __slots__ = ("_conn",)

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def advice_for(self, kbs: Iterable[str], system: str = ANY) -> dict[str, Advice]:
        """What is known of each KB, by KB, in one statement; KBs that no document names are left out.

        ``system`` (advisories.system) narrows it to one Windows. Where a KB is not made for that one, or it is
        ``ANY``, the advice is that for all products together: the most severe rating, every CVE.
        """
        found: dict[str, Advice] = {}
        for part in chunks(dict.fromkeys(kbs)):
            for row in self._conn.execute(_ADVICE, {"names": part, "b_system": system}).mappings():
                if row["system"] != ANY or row["kb"] not in found:
                    found[row["kb"]] = advice_of(row)
        return found

    def exploited(self, cves: Iterable[str]) -> dict[str, ExploitedCve]:
        """Which of the CVEs are in the catalogue of known exploited vulnerabilities."""
        found: dict[str, ExploitedCve] = {}
        for part in chunks(dict.fromkeys(cves)):
            for row in self._conn.execute(_EXPLOITED, {"names": part}).mappings():
                found[row["cve"]] = ExploitedCve(**row)
        return found

    def exploited_since(self, added: date) -> tuple[ExploitedCve, ...]:
        """What the catalogue of known exploited vulnerabilities took up on that day or later, oldest first."""
        query = sa.select(exploited_cves).where(exploited_cves.c.added >= added)
        rows = self._conn.execute(query.order_by(exploited_cves.c.added, exploited_cves.c.cve)).mappings()
        return tuple(ExploitedCve(**row) for row in rows)

    def catalogue(self) -> tuple[ExploitedCve, ...]:
        """The whole catalogue of known exploited vulnerabilities, by CVE."""
        rows = self._conn.execute(sa.select(exploited_cves).order_by(exploited_cves.c.cve)).mappings()
        return tuple(ExploitedCve(**row) for row in rows)

    def documents(self) -> tuple[KnownDocument, ...]:
        """Every document that was imported, by id."""
        rows = self._conn.execute(sa.select(advisory_documents).order_by(advisory_documents.c.id)).mappings()
        return tuple(KnownDocument(**row) for row in rows)

    def last_from(self, source: str) -> KnownDocument | None:
        """The document that was read last from an address or file."""
        here = advisory_documents.c
        query = sa.select(advisory_documents).where(here.source == source).order_by(here.checked_at.desc()).limit(1)
        row = self._conn.execute(query).mappings().first()
        return KnownDocument(**row) if row else None

    def imports(self, limit: int = 1000) -> tuple[PastImport, ...]:
        """The newest imports that changed something, oldest first."""
        columns = [column for column in advisory_imports.c if column.name != "id"]
        query = sa.select(*columns).order_by(advisory_imports.c.id.desc()).limit(limit)
        return tuple(PastImport(**row) for row in reversed(self._conn.execute(query).mappings().all()))

    def titles(self, cves: Iterable[str]) -> Mapping[str, str]:
        """What each CVE is, in the vendor's words; those that no document names are left out."""
        found: dict[str, str] = {}
        for part in chunks(dict.fromkeys(cves)):
            query = sa.select(advisory_cves.c.cve, advisory_cves.c.title).where(advisory_cves.c.cve.in_(part))
            found |= {row.cve: row.title for row in self._conn.execute(query.order_by(advisory_cves.c.document))}
        return found


def advice_of(row: Row) -> Advice:
    """Return a row of the table ``advice`` as the planner reads it."""
    return Advice(
        kb=row["kb"],
        severity=Severity(row["severity"]) if row["severity"] else None,
        cves=tuple(row["cves"]),
        exploited=row["exploited_since"] is not None,
        restart_required=row["restart_required"],
        supersedes=tuple(row["supersedes"]),
        bulletin=row["bulletin"],
        due=row["due"],
        exploited_since=row["exploited_since"],
    )


# Built once, at import: building a statement costs more than running it.
_ADVICE = (
    sa.select(advice)
    .where(advice.c.kb.in_(_KBS), sa.or_(advice.c.system == ANY, advice.c.system == sa.bindparam("b_system")))
    .order_by(advice.c.kb, advice.c.system)
)
_EXPLOITED = sa.select(exploited_cves).where(exploited_cves.c.cve.in_(_KBS))
