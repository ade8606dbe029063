# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Request Tracker of Debian's packages on loopback, in a folder of its own, ended by its process id.

``scripts/services request_tracker`` installs the packages where that is possible.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER = Path("/usr/share/request-tracker5/libexec/standalone_httpd")
DATABASE = Path("/var/lib/dbconfig-common/sqlite3/request-tracker5/rtdb")
USER, PASSWORD = "root", "password"  # as the packages make them
_CONFIG = """\
Set($rtname, 'nightshift.test');
Set($Organization, 'nightshift.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, {port});
Set($WebPath, '');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '{database}');
Set($LogToSTDERR, 'warning');
Set($LogToSyslog, undef);
Set($MailCommand, 'testfile');
Set($Timezone, 'UTC');
1;
"""


def missing() -> str:
    """Say why no Request Tracker can be started here; empty when one can."""
    for path in (SERVER, DATABASE):
        if not os.access(path, os.R_OK):
            return f"no Request Tracker here: {path} cannot be read; scripts/services installs it (Debian, root)"
    return ""


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """One that runs, and what a person could see in it through REST 2."""

    url: str

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask as its administrator."""
        request = urllib.request.Request(
            f"{self.url}/REST/2.0/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Content-Type": "application/json",
                "Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
            },
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.load(answer)

    def tickets(self, words: str) -> list[dict[str, Any]]:
        """Tickets whose subject has ``words``, with their status, oldest first."""
        query = urllib.parse.urlencode(
            {"query": f"Subject LIKE '{words}'", "fields": "Subject,Status", "orderby": "id", "per_page": 100}
        )
        return list(self.call("GET", f"tickets?{query}")["items"])

    def set_status(self, ticket: str, status: str) -> None:
        """Do as a person who sets a ticket's status."""
        self.call("PUT", f"ticket/{ticket}", {"Status": status})

    def texts(self, ticket: str) -> list[str]:
        """The text that a ticket was made with, and those of its comments, oldest first."""
        found = self.call("GET", f"ticket/{ticket}/attachments?fields=Content&per_page=100&orderby=id")["items"]
        return [one["Content"] for one in found if one.get("Content")]


@contextmanager
def request_tracker(folder: Path) -> Iterator[RequestTracker]:
    """Start one whose database is a fresh copy in ``folder``; end it, by its process id, at the end of the block."""
    database = folder / "rtdb"
    shutil.copy(DATABASE, database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "RT_SiteConfig.pm"
    config.write_text(_CONFIG.format(port=port, database=database), encoding="utf-8")
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "RT_SITE_CONFIG": str(config),
        "RT_SITE_CONFIG_DIR": "/nonexistent",
    }
    log = folder / "rt.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_with_us(), str(SERVER), "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        tracker = RequestTracker(f"http://127.0.0.1:{port}")
        _wait(tracker, process, log)
        yield tracker
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def _with_us() -> list[str]:
    """Return the program before the server's that has the kernel end it when this process is killed."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM"] if program else []


def _wait(tracker: RequestTracker, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            tracker.call("GET", "rt")
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"Request Tracker did not start: {log.read_text(errors='replace')[-2000:]}")
