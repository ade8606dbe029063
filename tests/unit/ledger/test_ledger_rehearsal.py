# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check mode records in a private copy of the ledger, whatever database that is in."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Contact,
    Ledger,
    LedgerError,
    SchemaMismatch,
    open_ledger,
    private_copy,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rehearsal import LEFT_OUT
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from any_rows import content, fill
from ledger_scenes import MINUTE, NOW, PC, job, report, result

DAY = timedelta(days=1)


def test_a_copy_holds_all_that_plans_and_tickets_read(url: str, tmp_path: Path) -> None:
    with open_ledger(url).begin() as tx:
        whole = fill(tx._conn)
    with open_ledger(private_copy(url, tmp_path)).read() as tx:
        copied = content(tx._conn, left_out=LEFT_OUT)
    assert copied == {name: rows for name, rows in whole.items() if name not in LEFT_OUT}
    assert all(copied.values())


def test_a_copy_is_planned_from_like_the_ledger_and_leaves_no_trace_in_it(
    ledger: Ledger, url: str, tmp_path: Path
) -> None:
    with ledger.begin() as tx:
        done = job("j1", results=[result("one", "failed")], finished_at="2026-11-23T15:00:00Z")
        tx.record_report(PC, report("s1", NOW, missing=["one", "two"], jobs=[done]), NOW)
    copy = open_ledger(private_copy(url, tmp_path))
    with ledger.read() as tx, copy.read() as copied:
        before = content(tx._conn)
        assert copied.device_state(PC) == tx.device_state(PC)
        assert copied.presence([PC]) == tx.presence([PC])
    with copy.begin() as tx:
        tx.enrol([Device("pc-new")], NOW)
        tx.record_report(PC, report("s2", NOW + MINUTE, missing=[]), NOW + MINUTE)
    with ledger.read() as tx:
        assert content(tx._conn) == before


def test_a_copy_knows_when_a_device_was_away(ledger: Ledger, url: str, tmp_path: Path) -> None:
    """Missed nights and grace come from contacts: check mode must plan by them too."""
    with ledger.begin() as tx:
        tx.enrol([Device(PC)], NOW)
        for days, answered in ((0, True), (200, False), (230, True), (231, False), (239, True)):
            tx.record_contacts([Contact(PC, answered, "" if answered else "timed out")], NOW + days * DAY)
    with ledger.read() as tx, open_ledger(private_copy(url, tmp_path)).read() as copied:
        assert copied.absences(PC, NOW + 210 * DAY, DAY) == tx.absences(PC, NOW + 210 * DAY, DAY) != ()


def test_a_copy_is_for_its_owner_alone(ledger: Ledger, url: str, tmp_path: Path) -> None:
    private_copy(url, tmp_path)
    assert stat.S_IMODE((tmp_path / "rehearsal.sqlite").stat().st_mode) == 0o600


def test_where_there_is_no_ledger_the_copy_is_empty_and_none_is_made(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    with open_ledger(private_copy(f"sqlite:///{tmp_path / 'ledger.sqlite'}", copy)).begin() as tx:
        tx.enrol([Device(PC)], NOW)
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]


def test_an_empty_database_is_copied_as_an_empty_ledger_and_stays_empty(url: str, tmp_path: Path) -> None:
    with open_ledger(private_copy(url, tmp_path)).read() as tx:
        assert tx.device_states([PC]) == {}
    if url.startswith("postgresql"):
        engine = sa.create_engine(url)
        assert sa.inspect(engine).get_table_names() == []
        engine.dispose()


def test_a_ledger_of_another_version_is_refused(ledger: Ledger, url: str, tmp_path: Path) -> None:
    with ledger._database.connect(writes=True) as conn, conn.begin():
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="schema 9999"):
        private_copy(url, tmp_path)


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="ledger"):
        private_copy(f"postgresql+psycopg://nobody:hunter2@/ledger?host={tmp_path}", tmp_path)
