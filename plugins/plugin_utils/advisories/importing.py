# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One source after the other: get it, read it, record it. What is wrong with one of them is told, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from ..ledger.advisory_imports import READER, Imported, Origin, Outcome
from ..ledger.transaction import Transaction
from .getting import NoSuchDocument, Way, get, shown_source
from .problem import AdvisoryError
from .read import read_document

Begin = Callable[[], AbstractContextManager[Transaction]]


@dataclass(frozen=True, slots=True)
class Source:
    """An address or file. ``optional``: that there is nothing (yet) is no failure. ``ca_path``: as in ``Way``."""

    name: str
    optional: bool = False
    ca_path: str | None = None


class State(str, Enum):
    """What became of a source."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OLDER = "older"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a source, in words; ``imported`` when it was read."""

    source: str
    state: State
    text: str
    imported: Imported | None = None


def import_all(sources: Iterable[Source], begin: Begin, way: Way, now: datetime) -> Iterator[Told]:
    """Import each source in a transaction of its own (``begin``), and tell of it. Raises LedgerError."""
    for source in sources:
        shown = shown_source(source.name)
        try:
            yield _import(source, shown, begin, replace(way, ca_path=source.ca_path or way.ca_path), now)
        except NoSuchDocument as none:
            yield Told(shown, State.ABSENT if source.optional else State.FAILED, f"{shown}: {none}")
        except AdvisoryError as wrong:
            yield Told(shown, State.FAILED, f"{shown}: {wrong}; nothing was taken from it")


def _import(source: Source, shown: str, begin: Begin, way: Way, now: datetime) -> Told:
    with begin() as tx:
        known = tx.advisories.last_from(shown)
    usable = known if known is not None and known.reader == READER else None
    got = get(source.name, way, usable.etag if usable else "", usable.last_modified if usable else "")
    if got is None and usable is not None:
        with begin() as tx:
            tx.advisories.checked(usable, now)
        return Told(shown, State.UNCHANGED, f"{shown}: {usable.title}: nothing new")
    if got is None:
        raise AdvisoryError("its server says that it did not change, and we have never read it")
    document = read_document(got.content, way.limits)
    origin = Origin(shown, got.digest, len(got.content), got.etag, got.last_modified)
    with begin() as tx:
        imported = tx.advisories.record(document, origin, now)
    return Told(shown, State(imported.outcome.value), f"{shown}: {_words(imported)}", imported)


def _words(imported: Imported) -> str:
    if imported.outcome is Outcome.OLDER:
        return f"it is an older state of {imported.title} than is known; nothing was taken from it"
    if imported.outcome is Outcome.UNCHANGED:
        return f"{imported.title}: nothing new"
    return f"{imported.title}: {imported.facts} facts new or different, advice on {imported.kbs} KBs"
