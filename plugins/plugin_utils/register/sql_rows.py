# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The answer of a query to raw rows: any database for which SQLAlchemy has a dialect.

The query runs in a transaction that is rolled back, read-only where the database knows that; nothing is written and
no file is made. A password is in no message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import NoReturn

from .problem import Problem, RegisterError
from .source import RawRegister, RawRow

try:
    import sqlalchemy as sa
    from sqlalchemy.engine import URL
    from sqlalchemy.pool import NullPool
except ImportError as missing:
    WHY_NOT: ImportError | None = missing
else:
    WHY_NOT = None

COUNTED = "row"
_UNREADABLE = (bytes, bytearray, memoryview, list, tuple, set, dict)


def source_name(url: str) -> str:
    """Return the URL as messages name it: without its password, and without what follows ``?``.

    Raises RegisterError where it is no URL.
    """
    return _shown(_read_url(url, None))


def sql_rows(url: str, query: str, password: str | None = None) -> RawRegister:
    """Ask the database. Row 1 is the first one of the answer.

    ``password``: put into the URL. Raises RegisterError: no SQLAlchemy, no driver, no connection, a query that fails,
    two columns of one name.
    """
    target = _read_url(url, password)
    place = _shown(target)
    _require_file(target, place)
    try:
        engine = sa.create_engine(target, poolclass=NullPool)
    except sa.exc.NoSuchModuleError:
        _refuse(place, f"SQLAlchemy knows no database {target.drivername} here; install its dialect beside Ansible")
    except ImportError as driver:
        _refuse(place, f"needs a database driver on the controller: {driver}; install it beside Ansible")
    try:
        with closing(engine.connect()) as conn:
            columns, rows = _asked(conn, query)
    except sa.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        secret = target.password
        _refuse(place, f"{said.replace(secret, '***') if secret else said}; correct the options url and query")
    twice = {name for name in columns if columns.count(name) > 1}
    if twice:
        _refuse(place, f"the query gives the column {sorted(twice)[0]} twice; name each once (AS)")
    problems: list[Problem] = []
    raw = [
        RawRow(number, _cells(place, number, dict(zip(columns, row, strict=True)), problems))
        for number, row in enumerate(rows, 1)
    ]
    return RawRegister(0, tuple((name, 0) for name in columns), tuple(raw), tuple(problems), COUNTED)


def _asked(conn: sa.Connection, query: str) -> tuple[list[str], Sequence[Sequence[object]]]:
    """Run the query as it is written: a colon or a percent sign in it is no parameter."""
    if conn.dialect.name == "postgresql":
        conn = conn.execution_options(postgresql_readonly=True)
    elif conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA query_only = ON")
    result = conn.execution_options(no_parameters=True).exec_driver_sql(query)
    if not result.returns_rows:
        raise sa.exc.InvalidRequestError("the query returns no rows")
    return list(result.keys()), result.all()


def _cells(place: str, number: int, row: Mapping[str, object], problems: list[Problem]) -> dict[str, str]:
    """Return the row as text; adds a problem for each value that is no plain one."""
    cells: dict[str, str] = {}
    for column, value in row.items():
        if isinstance(value, _UNREADABLE):
            expected = f"holds a value of type {type(value).__name__}; let the query give text (CAST)"
            problems.append(Problem(place, number, column, "", expected))
        cells[column] = _text(value)
    return cells


def _text(value: object) -> str:
    if value is None or isinstance(value, _UNREADABLE):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | float) and isfinite(value) and value == int(value):
        return str(int(value))
    return str(value).strip()


def _read_url(text: str, password: str | None) -> URL:
    if WHY_NOT is not None:
        _refuse("register", f"a register by SQL needs the Python library sqlalchemy on the controller: {WHY_NOT}")
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        _refuse("register", "the option url is no SQLAlchemy URL; write postgresql+psycopg://user@server/database")
    return url if password is None else url.set(password=password)


def _shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def _require_file(url: URL, place: str) -> None:
    """SQLite would make an empty database of a misspelt name."""
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        _refuse(place, "there is no such database file; correct the option url (sqlite:////path/to/file)")


def _refuse(place: str, expected: str) -> NoReturn:
    raise RegisterError([Problem(place, 0, "", "", expected)])
