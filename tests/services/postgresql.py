# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real PostgreSQL for the tests: one server for a test run, a database for each test.

The first test that wants it starts a keeper, which makes a cluster in a temporary folder, serves it on a Unix socket
alone, and ends it, by process id, when the test run is over, however that ended. The run's other processes find it.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

RUN = "NIGHTSHIFT_TEST_RUN"  # the process whose end is the end of the test run; its children inherit it
OWNERS = ("postgres", "nobody")  # who serves when the tests run as root, which PostgreSQL refuses
CONNECTIONS = 200  # of many tests with many processes each
SETTINGS = {
    "listen_addresses": "",
    "max_connections": str(CONNECTIONS),
    "fsync": "off",  # nothing here outlives the test run
    "shared_buffers": "32MB",
    "autovacuum": "off",
}


class Missing(Exception):
    """There is no PostgreSQL to be had here; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server. ``socket``: the folder of its Unix socket. ``pid``: of its first process."""

    socket: str
    pid: int

    @property
    def log(self) -> Path:
        """What the server says."""
        return Path(self.socket) / "log"

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database of it."""
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket}"

    def name_of(self, url: str) -> str:
        """Return the name of a database of it, from its URL."""
        return url.partition("@/")[2].partition("?")[0]

    def new_name(self) -> str:
        """Return a name that no database has."""
        return f"test_{uuid.uuid4().hex}"

    def connect(self, name: str = "postgres") -> Connection[Any]:
        """Connect to a database as the superuser, outside a transaction; it ends with the block."""
        import psycopg

        return psycopg.connect(host=self.socket, user="postgres", dbname=name, autocommit=True)

    def execute(self, statement: str) -> None:
        """Execute one statement as the superuser, outside a transaction."""
        with self.connect() as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Make a database, give its URL, and drop it with whatever is still connected to it."""
        name = self.new_name()
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def cluster() -> Cluster:
    """Return the test run's server, started if this is the first call in the run. Raises Missing."""
    if find_spec("psycopg") is None:
        raise Missing("no PostgreSQL driver here: pip install 'psycopg[binary]'")
    binaries = programs()
    if binaries is None:
        raise Missing("no PostgreSQL here: apt-get install postgresql")
    run = int(os.environ.get(RUN, os.getpid()))
    meeting = Path(tempfile.gettempdir()) / f"nightshift-postgresql-{os.getuid()}-{run}-{_started(run)}"
    with meeting.open("a+") as card:
        fcntl.flock(card, fcntl.LOCK_EX)
        card.seek(0)
        written = card.read()
        if not written:
            written = _start_keeper(binaries, run, meeting)
            card.write(written)
    found = json.loads(written)
    if "missing" in found:
        raise Missing(found["missing"])
    return Cluster(found["socket"], found["pid"])


def programs() -> Path | None:
    """Return the folder of PostgreSQL's server programs: the newest of Debian's, else the one on the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _start_keeper(binaries: Path, run: int, meeting: Path) -> str:
    """Start the keeper in a session of its own and return its card, once the server answers."""
    keeper = subprocess.Popen(
        [sys.executable, __file__, str(binaries), str(run), str(meeting)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    assert keeper.stdout is not None
    line = keeper.stdout.readline().decode()
    return line or json.dumps({"missing": "PostgreSQL does not start here: its keeper ended without a word"})


def _started(pid: int) -> str:
    """When a process started, so that its number means it alone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def keep(binaries: Path, run: int, meeting: Path) -> None:
    """Be the keeper: serve until the process ``run`` has ended."""
    memory = Path("/dev/shm")  # no test is about the disk
    folder = Path(tempfile.mkdtemp(prefix="nightshift-pg-", dir=memory if os.access(memory, os.W_OK) else None))
    server = None
    try:
        owner = _owner()
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            folder.chmod(0o755)
        with (folder / "log").open("wb") as log:
            try:
                server = _serve(binaries, folder, owner, log.fileno())
                card = {"socket": str(folder), "pid": server.pid}
            except (OSError, subprocess.SubprocessError) as problem:
                tail = (folder / "log").read_text("utf-8", "replace").strip().splitlines()[-1:]
                card = {"missing": f"PostgreSQL does not start here: {' '.join([str(problem), *tail])}"}
        print(json.dumps(card), flush=True)
        sys.stdout.close()
        if server is not None:
            _wait_for_the_end_of(run)
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once; there is nothing to keep
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)
        meeting.unlink(missing_ok=True)


def _serve(binaries: Path, folder: Path, owner: pwd.struct_passwd | None, log: int) -> subprocess.Popen[bytes]:
    """Make a cluster and start its server; returns when it takes connections."""
    data = folder / "data"
    user, group = (None, None) if owner is None else (owner.pw_uid, owner.pw_gid)
    groups: list[int] | None = None if owner is None else []
    environment = {"PATH": f"{binaries}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    initdb = [str(binaries / "initdb"), "--pgdata", str(data), "--username", "postgres"]
    subprocess.run(
        [*initdb, "--auth", "trust", "--encoding", "UTF8", "--no-sync"],
        check=True,
        timeout=120,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        user=user,
        group=group,
        extra_groups=groups,
    )
    options = [f"--{name}={value}" for name, value in SETTINGS.items()]
    server = subprocess.Popen(
        [str(binaries / "postgres"), "-D", str(data), "-k", str(folder), *options],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        user=user,
        group=group,
        extra_groups=groups,
    )
    for _ in range(600):
        ready = subprocess.run([binaries / "pg_isready", "-q", "-h", folder], env=environment, check=False)
        if ready.returncode == 0:
            return server
        if server.poll() is not None:
            break
        time.sleep(0.05)
    server.kill()
    raise OSError("the server takes no connections")


def _owner() -> pwd.struct_passwd | None:
    """The user who serves; None for the one who runs the tests."""
    if os.getuid() != 0:
        return None
    for name in OWNERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise OSError(f"root may not run it, and there is no user {' or '.join(OWNERS)}")


def _wait_for_the_end_of(pid: int) -> None:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([handle], [], [])


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
