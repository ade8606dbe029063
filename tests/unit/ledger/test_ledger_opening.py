# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opening the ledger: made once, migrated once, never by a reader."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import (
    Ledger,
    LedgerError,
    ReadOnly,
    SchemaMismatch,
    UnknownDevice,
    open_ledger,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.schema import HEAD, MIGRATIONS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tables import metadata
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import NOW, PC

FORK = multiprocessing.get_context("fork")


def test_the_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    open_ledger(url)
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []
    engine.dispose()


def test_the_newest_migration_is_the_one_that_the_code_asks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_file_and_its_new_folders_are_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deeper" / "ledger.sqlite"
    open_ledger(f"sqlite:///{path}")
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path.parent.parent, path.parent, path)] == [
        0o700,
        0o700,
        0o600,
    ]


def test_sqlite_is_set_to_survive_a_power_loss_and_to_check_foreign_keys(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger._database.connect() as conn:
        pragma = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 60000}


def _open(url: str, results: multiprocessing.Queue[str]) -> None:
    try:
        with open_ledger(url).begin() as tx:
            tx.audit("test", "opened", None, {}, NOW)
        results.put("")
    except Exception as fault:
        results.put(repr(fault))


def test_eight_processes_that_open_a_new_ledger_at_once_migrate_it_once(url: str) -> None:
    results: multiprocessing.Queue[str] = FORK.Queue()
    processes = [FORK.Process(target=_open, args=(url, results)) for _ in range(8)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [""] * 8
    for process in processes:
        process.join()
    with open_ledger(url).read() as tx:
        assert len(tx.audit_trail()) == 8


def test_a_reader_sees_an_absent_ledger_as_empty_and_makes_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'folder' / 'ledger.sqlite'}", read_only=True)
    with ledger.read() as tx:
        assert tx.device_states([PC]) == {}
        assert tx.open_tickets() == ()
        assert tx.history(PC).attempts == ()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_an_empty_database_makes_no_tables(url: str) -> None:
    with open_ledger(url, read_only=True).read() as tx:
        assert tx.device_states([PC]) == {}
    engine = sa.create_engine(url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_reader_cannot_begin_to_write(ledger: Ledger, url: str) -> None:
    reader = open_ledger(url, read_only=True)
    with pytest.raises(ReadOnly), reader.begin():
        pass
    with reader.read() as tx:
        assert tx.device_state(PC) is not None


def test_an_exception_rolls_everything_back(ledger: Ledger) -> None:
    def enrol_and_fail() -> None:
        with ledger.begin() as tx:
            tx.enrol([Device("pc-new")], NOW)
            tx.mark_reminded("pc-unknown", NOW)

    with pytest.raises(UnknownDevice):
        enrol_and_fail()
    with ledger.read() as tx:
        assert tx.device_state("pc-new") is None


@pytest.mark.parametrize("read_only", [True, False])
def test_a_schema_from_the_future_is_named_and_left_alone(ledger: Ledger, url: str, read_only: bool) -> None:
    with ledger._database.connect(writes=True) as conn, conn.begin():
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match=r"schema 9999, which this version does not know .*use the newer version"):
        open_ledger(url, read_only=read_only)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("ledger.sqlite", "is no URL; use sqlite:"),
        ("sqlite://", "names no file"),
        ("mysql://ledger", "is not supported"),
    ],
)
def test_a_url_that_cannot_be_a_ledger_is_refused_with_what_is_allowed(wrong: str, message: str) -> None:
    with pytest.raises(LedgerError, match=message):
        open_ledger(wrong)


def test_a_password_in_a_url_is_never_shown() -> None:
    with pytest.raises(LedgerError) as refused:
        open_ledger("mysql://operator:hunter2@ledger")
    assert "hunter2" not in str(refused.value)
