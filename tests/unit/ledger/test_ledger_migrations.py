# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ledger of any earlier version, with rows in every table, is brought up to date and loses none of them."""

from __future__ import annotations

import ast
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import SchemaMismatch, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.engine import database, database_url
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.schema import HEAD, MIGRATIONS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.tables import metadata
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from any_rows import Content, content, fill
from ledger_scenes import NOW, report

from tests.tiers import some

FORK = multiprocessing.get_context("fork")
FILES = sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))
REVISIONS = [file.name.partition("_")[0] for file in FILES]
EARLIER = [revision for revision in REVISIONS if revision != HEAD]


def make(url: str, revision: str) -> Content:
    """Make a ledger as it was at a revision, with rows in every table."""
    if url.startswith("sqlite"):
        file, rows = _file(revision)
        Path(url.removeprefix("sqlite:///")).write_bytes(file)
        return deepcopy(rows)
    return _make(url, revision)


@cache
def _file(revision: str) -> tuple[bytes, Content]:
    with tempfile.TemporaryDirectory(prefix="nightshift-") as folder:
        path = Path(folder) / "ledger.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        rows = _make(f"sqlite:///{path}", revision)
        return path.read_bytes(), rows


def _make(url: str, revision: str) -> Content:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database(database_url(url)).connect(writes=True) as conn, conn.begin():
        config.attributes["connection"] = conn
        command.upgrade(config, revision)
        return fill(conn)


def kept(before: Content, url: str) -> None:
    """Assert that the ledger at ``url`` has today's tables, and in them every row as it was."""
    with open_ledger(url, read_only=True).read() as tx:
        after = content(tx._conn)
        assert compare_metadata(MigrationContext.configure(tx._conn, opts={"compare_type": True}), metadata) == []
    for table, rows in before.items():
        assert [{name: row[name] for name in rows[0]} for row in after[table]] == rows, table


def test_the_revisions_are_numbered_without_a_gap_and_form_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    line = [revision.revision for revision in script.walk_revisions()]
    assert line == REVISIONS[::-1] == [f"{number:04}" for number in range(len(REVISIONS), 0, -1)]
    assert line[0] == HEAD


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_migration_knows_nothing_of_the_tables_of_today(file: Path) -> None:
    allowed = {"alembic", "sqlalchemy", *sys.stdlib_module_names}
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}:{node.lineno} imports from the collection"
            assert str(node.module).partition(".")[0] in allowed
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed


@pytest.mark.parametrize("revision", some(EARLIER, 0, 4, -1))
def test_a_ledger_of_an_earlier_version_is_left_alone_by_a_reader_and_keeps_every_row_when_a_writer_opens_it(
    url: str, revision: str
) -> None:
    before = make(url, revision)
    with pytest.raises(SchemaMismatch, match=f"schema {revision}, {HEAD} is needed; run a patrol"):
        open_ledger(url, read_only=True)
    with database(database_url(url)).connect() as conn:
        assert content(conn) == before
    with open_ledger(url).begin() as tx:
        pass
    kept(before, url)
    with open_ledger(url).begin() as tx:
        tx.enrol([Device("pc-new")], NOW)
        tx.record_report("pc-new", report("s1", NOW, missing=["one"]), NOW)
        state = tx.device_state("pc-new")
        assert state is not None and [update.id for update in state.missing] == ["one"]


def _open(url: str, results: multiprocessing.Queue[str]) -> None:
    try:
        with open_ledger(url).begin() as tx:
            tx.audit("test", "opened", None, {}, NOW)
        results.put("")
    except Exception as fault:
        results.put(repr(fault))


@pytest.mark.parametrize("revision", EARLIER[:1])
def test_of_eight_processes_that_open_an_old_ledger_at_once_one_migrates_it(url: str, revision: str) -> None:
    before = make(url, revision)
    results: multiprocessing.Queue[str] = FORK.Queue()
    processes = [FORK.Process(target=_open, args=(url, results)) for _ in range(8)]
    for process in processes:
        process.start()
    assert [results.get(timeout=120) for _ in processes] == [""] * 8
    for process in processes:
        process.join()
    trail = before.pop("audit")
    kept(before, url)
    with open_ledger(url).read() as tx:
        assert len(tx._conn.execute(sa.text("SELECT id FROM audit")).all()) == len(trail) + 8


@pytest.mark.parametrize("after", some([0.05, 0.15, 0.25, 0.4], 1))
def test_a_migration_that_is_killed_leaves_the_old_ledger_or_the_new_one(url: str, after: float) -> None:
    before = make(url, REVISIONS[0])
    worker = FORK.Process(target=open_ledger, args=(url,))
    worker.start()
    time.sleep(after)
    worker.kill()
    worker.join()
    with database(database_url(url)).connect() as conn:
        found = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one()
        assert found in (REVISIONS[0], HEAD)
        if found == REVISIONS[0]:
            assert content(conn) == before
    open_ledger(url)
    kept(before, url)


@pytest.mark.parametrize("revision", some(EARLIER, 0, 4, -1))
def test_the_way_back_is_the_copy_that_was_made_of_an_sqlite_ledger_before(folder: Path, revision: str) -> None:
    path = folder / "ledger.sqlite"
    before = make(f"sqlite:///{path}", revision)
    with open_ledger(f"sqlite:///{path}").begin() as tx:
        tx.audit("test", "written since", None, {}, NOW)
    copy = folder / f"ledger.sqlite-{revision}"
    assert copy.stat().st_mode & 0o777 == 0o600
    for file in folder.glob("ledger.sqlite*"):
        if file != copy:
            file.unlink()
    copy.rename(path)
    with database(database_url(f"sqlite:///{path}")).connect() as conn:
        assert conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == revision
        assert content(conn) == before
    open_ledger(f"sqlite:///{path}")
    kept(before, f"sqlite:///{path}")


def test_a_new_ledger_is_made_without_a_copy(folder: Path) -> None:
    open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    assert not [file for file in folder.iterdir() if file.name.removeprefix("ledger.sqlite-").isdigit()]
