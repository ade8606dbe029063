# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take in what a document says: all of it or nothing, once, and never an older state of it than is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ..advisories.system import ANY
from ..advisories.values import Bulletin, Catalogue, CveFact, ExploitedCve, Fix
from ..planner.fleet import Advice
from ..planner.model import Severity
from . import standings
from .advice_rows import Exploited, Place, derive
from .advisories import Advisories, KnownDocument, advice_of
from .advisories_tables import (
    advice,
    advisory_cves,
    advisory_documents,
    advisory_fixes,
    advisory_imports,
    exploited_cves,
)
from .portable import Row, chunks, upsert

READER = 1  # to be raised when documents are read differently: then those that did not change are read again
CATALOGUE = "cisa-kev"
_LOCK = 0x61647669736F7279  # "advisory"
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document was read, and how its server names this state of it."""

    source: str
    digest: str
    size: int
    etag: str = ""
    last_modified: str = ""


class Outcome(str, Enum):
    """What became of a document."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OLDER = "older"  # than the state of it that is known; nothing was taken from it


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``before`` and ``after``: what differs, a line for each fact, for people."""

    document: str
    title: str
    outcome: Outcome
    facts: int = 0
    kbs: int = 0
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class AdvisoryImports(Advisories):
    """Questions, and documents to remember."""

    __slots__ = ()

    def record(self, document: Bulletin | Catalogue, origin: Origin, now: datetime) -> Imported:
        """Replace what is known of the document by what it says now, and derive the advice anew. Idempotent."""
        if self._conn.dialect.name == "postgresql":  # SQLite has one writer anyway
            self._conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if isinstance(document, Bulletin):
            identity, title = f"msrc:{document.id}", document.title
        else:
            identity, title = CATALOGUE, f"Known exploited vulnerabilities {document.version}"
        known = self._document(identity)
        if known is not None and known.revised > document.revised:
            return Imported(identity, known.title, Outcome.OLDER)
        row = {
            "id": identity,
            "title": title,
            "revised": document.revised,
            "source": origin.source,
            "digest": origin.digest,
            "reader": READER,
            "etag": origin.etag,
            "last_modified": origin.last_modified,
            "imported_at": known.imported_at if known else now,
            "checked_at": now,
        }
        upsert(self._conn, advisory_documents, [row])
        if isinstance(document, Bulletin):
            facts, lines = self._take_month(identity, document), (set[str](), set[str]())
            cves: set[str] = set()
            vendors: set[str] = set()
        else:
            cves, lines = self._take_catalogue(document)
            facts, vendors = len(cves), {one.vendor.casefold() for one in document.entries if one.cve in cves}
        if not facts and known is not None:
            return Imported(identity, title, Outcome.UNCHANGED)
        old, new = self._derive(now)
        changed = {kb for kb, system in old.keys() | new.keys() if old.get((kb, system)) != new.get((kb, system))}
        # A device that was planned for until tomorrow is asked today when what it lacks is judged differently now.
        standings.wake(self._conn, standings.lacking(self._conn, changed, cves, vendors - {""}), now)
        here = sa.update(advisory_documents).where(advisory_documents.c.id == identity)
        self._conn.execute(here.values(imported_at=now))
        past = {"document": identity, "at": now, "source": origin.source, "digest": origin.digest, "size": origin.size}
        past |= {"revised": document.revised, "facts": facts, "kbs": len(changed)}
        self._conn.execute(sa.insert(advisory_imports), [past])
        before = lines[0] | _advice_lines(old, changed)
        after = lines[1] | _advice_lines(new, changed)
        return Imported(
            identity,
            title,
            Outcome.CHANGED,
            facts,
            len(changed),
            tuple(sorted(before - after)),
            tuple(sorted(after - before)),
        )

    def checked(self, document: KnownDocument, now: datetime) -> None:
        """Note that the source of a document had nothing newer."""
        here = sa.update(advisory_documents).where(advisory_documents.c.id == document.id)
        self._conn.execute(here.values(checked_at=now))

    def _document(self, identity: str) -> KnownDocument | None:
        row = self._conn.execute(sa.select(advisory_documents).where(advisory_documents.c.id == identity)).mappings()
        found = row.first()
        return KnownDocument(**found) if found else None

    def _take_month(self, identity: str, month: Bulletin) -> int:
        """Replace the facts of a month; returns how many are new, gone or different."""
        count = 0
        for table, facts in ((advisory_cves, month.cves), (advisory_fixes, month.fixes)):
            rows = [{"document": identity, **_plain(one)} for one in facts]
            count += len(self._replace(table, table.c.document == identity, rows))
        return count

    def _take_catalogue(self, catalogue: Catalogue) -> tuple[set[str], tuple[set[str], set[str]]]:
        """Replace the catalogue; returns the CVEs whose entries differ, and their lines before and after."""
        held = {one.cve: one for one in self.catalogue()}
        wanted = {one.cve: one for one in catalogue.entries}
        differ = self._replace(exploited_cves, sa.true(), [asdict(one) for one in catalogue.entries])
        before = {_entry_line(held[cve]) for (cve,) in differ if cve in held}
        return {cve for (cve,) in differ}, (before, {_entry_line(wanted[cve]) for (cve,) in differ if cve in wanted})

    def _replace(self, table: sa.Table, where: sa.ColumnElement[bool], rows: Iterable[dict[str, Any]]) -> list[Key]:
        """Make the rows of ``table`` that match ``where`` these ``rows``; returns the keys of those that differed."""
        keys = [column.name for column in table.primary_key]
        found = self._conn.execute(sa.select(table).where(where)).mappings()
        held = {tuple(row[name] for name in keys): dict(row) for row in found}
        wanted = {tuple(row[name] for name in keys): row for row in rows}
        differ = [key for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key)]
        gone = [{f"b_{name}": part for name, part in zip(keys, key, strict=True)} for key in differ if key in held]
        for some in chunks(gone):
            match = sa.and_(*(table.c[name] == sa.bindparam(f"b_{name}") for name in keys))
            self._conn.execute(sa.delete(table).where(match), some)
        for fresh in chunks([wanted[key] for key in differ if key in wanted]):
            self._conn.execute(sa.insert(table), fresh)
        return differ

    def _derive(self, now: datetime) -> tuple[dict[Place, Advice], dict[Place, Advice]]:
        """Derive all advice anew and write what differs; returns it before and after."""
        old = {(row["kb"], row["system"]): advice_of(row) for row in self._conn.execute(sa.select(advice)).mappings()}
        fixes = (_fix(row) for row in self._conn.execute(_FIXES).mappings())
        warned = self._conn.execute(sa.select(advisory_cves.c.cve).where(advisory_cves.c.exploited)).scalars()
        listed = self.catalogue()
        exploited = Exploited(
            frozenset([*warned, *(one.cve for one in listed)]),
            {one.cve: one.due for one in listed if one.due is not None},
        )
        new = derive(fixes, exploited, old, now)
        self._replace(advice, sa.true(), [_advice_row(place, found) for place, found in new.items()])
        return old, new


_FIXES = (
    sa.select(advisory_fixes)
    .join(advisory_documents, advisory_documents.c.id == advisory_fixes.c.document)
    .order_by(
        advisory_documents.c.revised.desc(), advisory_fixes.c.document, advisory_fixes.c.kb, advisory_fixes.c.product
    )
)


def _plain(fact: CveFact | Fix) -> dict[str, Any]:
    """Return a fact as the columns of its table."""
    row = asdict(fact)
    row["severity"] = fact.severity.value if fact.severity else None
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def _fix(row: Row) -> Fix:
    return Fix(
        row["kb"],
        row["product"],
        Severity(row["severity"]) if row["severity"] else None,
        tuple(row["cves"]),
        row["restart"],
        tuple(row["supersedes"]),
        tuple(row["builds"]),
        row["url"],
    )


def _advice_row(place: Place, known: Advice) -> dict[str, Any]:
    return {
        "kb": place[0],
        "system": place[1],
        "severity": known.severity.value if known.severity else None,
        "cves": list(known.cves),
        "exploited_since": known.exploited_since,
        "due": known.due,
        "restart_required": known.restart_required,
        "supersedes": list(known.supersedes),
        "bulletin": known.bulletin,
    }


def _advice_lines(known: Mapping[Place, Advice], kbs: Collection[str]) -> set[str]:
    """Return a line for the advice on each of ``kbs``, whatever the system."""
    return {_advice_line(found) for (kb, system), found in known.items() if kb in kbs and system == ANY}


def _advice_line(known: Advice) -> str:
    parts = [known.severity.value if known.severity else "not rated", f"{len(known.cves)} CVEs"]
    parts += ["exploited"] if known.exploited else []
    parts += [f"due {known.due:%Y-%m-%d}"] if known.due else []
    parts += ["needs a restart"] if known.restart_required else []
    return f"{known.kb}: {', '.join(parts)}"


def _entry_line(entry: ExploitedCve) -> str:
    due = f", due {entry.due.isoformat()}" if entry.due else ""
    return f"{entry.cve}: exploited, {entry.vendor} {entry.product}{due}"
