# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A register that is the answer of a query, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.problem import RegisterError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.read import query_register, read_register
from ansible_collections.nightshift.fleet.plugins.plugin_utils.register.source import Layout

QUERY = (
    "SELECT name, address, class, room, seat, mac, managed, responsible, tag FROM computers "
    "WHERE name LIKE 'PC%' AND name <> ':no parameter' ORDER BY name"
)
ROWS = (
    ("PC-001", "192.0.2.1", "room", "B-204", 1, "02:00:00:00:00:01", True, None, "7.00"),
    ("PC-002", "pc-002.example.org", "laptop", None, None, None, False, "ada@example.org", "x%y"),
    ("LT-003", "192.0.2.3", "laptop", None, None, None, True, None, None),
)
KEEP = Layout(extra_columns=("tag",))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An asset database of somebody else's."""
    url = f"sqlite:///{tmp_path / 'assets.sqlite'}"
    if request.param == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_database")
        url = new()
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TABLE computers (name varchar(40), address varchar(40), class varchar(9), room varchar(9), "
            "seat integer, mac varchar(20), managed boolean, responsible varchar(40), tag varchar(9), photo "
            + ("bytea" if request.param == "postgresql" else "blob")
            + ")"
        )
        columns = [sa.column(name) for name in ("name", "address", "class", "room", "seat", "mac", "managed")]
        columns += [sa.column("responsible"), sa.column("tag")]
        table = sa.table("computers", *columns)
        names = [column.name for column in columns]
        conn.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in ROWS])
    return url


def change(database: str, statement: str) -> None:
    with sa.create_engine(database, poolclass=sa.pool.NullPool).begin() as conn:
        conn.execute(sa.text(statement))


def count(database: str) -> int:
    with sa.create_engine(database, poolclass=sa.pool.NullPool).connect() as conn:
        return int(conn.execute(sa.text("SELECT count(*) FROM computers")).scalar_one())


def test_the_rows_are_those_of_a_file_with_the_same_words(database: str, tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    register.write_text(
        "name,address,class,room,seat,mac,managed,responsible,tag\n"
        "PC-001,192.0.2.1,room,B-204,1,02:00:00:00:00:01,yes,,7.00\n"
        "PC-002,pc-002.example.org,laptop,,,,no,ada@example.org,x%y\n"
    )
    of_file = read_register(register, KEEP)
    of_query = query_register(database, QUERY, KEEP)
    assert [row.name for row in of_query] == ["PC-001", "PC-002"]
    for one, other in zip(of_query, of_file, strict=True):
        assert (one.address, one.room, one.seat, one.mac, one.managed, one.responsible, one.extra) == (
            other.address, other.room, other.seat, other.mac, other.managed, other.responsible, other.extra,
        )  # fmt: skip
    assert [row.line for row in of_query] == [1, 2]


def test_mistakes_are_told_with_row_column_and_value(database: str) -> None:
    change(database, "INSERT INTO computers (name, address, class, mac) VALUES "
                     "('PC-003', '192.0.2.4', 'phone', '02-00-00-00-00-01')")  # fmt: skip
    with pytest.raises(RegisterError) as caught:
        query_register(database, QUERY, KEEP)
    text = str(caught.value)
    assert "row 3, column class: 'phone' is not a class; use desktop, laptop, server or room" in text
    assert "row 3, column mac: '02-00-00-00-00-01' is on row 1 already; each device has its own" in text
    assert len(caught.value.problems) == 2


def test_a_value_that_is_no_text_is_refused(database: str) -> None:
    statement = "UPDATE computers SET photo = :photo WHERE name = 'PC-002'"
    with sa.create_engine(database, poolclass=sa.pool.NullPool).begin() as conn:
        conn.execute(sa.text(statement), {"photo": b"\x89PNG"})
    with pytest.raises(RegisterError, match=r"row 1, column photo: holds a value of type (bytes|memoryview); let the"):
        query_register(database, "SELECT name, address, class, photo FROM computers ORDER BY name DESC LIMIT 2",
                       Layout(extra_columns=("photo",)))  # fmt: skip


@pytest.mark.parametrize("statement", ["DELETE FROM computers", "DELETE FROM computers RETURNING name, address, class"])
def test_what_would_write_is_refused_and_writes_nothing(database: str, statement: str) -> None:
    with pytest.raises(RegisterError, match=r"read-?only|returns no rows"):
        query_register(database, statement)
    assert count(database) == len(ROWS)


def test_columns_that_no_register_has_and_columns_twice_are_refused(database: str) -> None:
    with pytest.raises(RegisterError, match=r"column tag: is not a column of a register; list it in extra_columns"):
        query_register(database, QUERY)
    with pytest.raises(RegisterError, match=r"gives the column name twice; name each once"):
        query_register(database, "SELECT name, address AS name, class FROM computers")


def test_a_query_that_fails_is_told_in_the_databases_words(database: str) -> None:
    with pytest.raises(RegisterError, match=r"computer.?s\b.*correct the options url and query"):
        query_register(database, "SELECT name FROM computerss")


def test_no_database_is_made_of_a_misspelt_name(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="there is no such database file"):
        query_register(f"sqlite:///{tmp_path / 'asets.sqlite'}", QUERY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "password", "words"),
    [
        ("postgresql+psycopg://reader:hunter2@127.0.0.1:1/assets", None, "refused"),
        ("postgresql+psycopg://reader@127.0.0.1:1/assets", "hunter2", "refused"),
        ("mssql+pyodbc://reader:hunter2@127.0.0.1/assets", None, "needs a database driver"),
        ("hunter2 is no url", None, "is no SQLAlchemy URL"),
        ("nosuch://reader:hunter2@127.0.0.1/assets", None, "nosuch"),
    ],
)
def test_a_database_that_cannot_be_asked_is_told_without_the_password(
    url: str, password: str | None, words: str
) -> None:
    with pytest.raises(RegisterError) as caught:
        query_register(url, QUERY, password=password)
    assert words in str(caught.value) and "hunter2" not in str(caught.value)
    assert len(caught.value.problems) == 1 and "\n" not in str(caught.value)
