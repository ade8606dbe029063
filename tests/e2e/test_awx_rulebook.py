# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An exploited vulnerability, told over a webhook to a real ansible-rulebook, asks AWX for an approval."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import yaml

from lab.awx.facts import kinds
from lab.awx.seed import fresh
from lab.awx.server import AwxServer, serving
from lab.operator import ROOT
from lab.tls import LabAuthority, ServerIdentity

RULEBOOK = ROOT / "extensions" / "eda" / "rulebooks" / "exploited_vulnerability.yml"
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
PROGRAM = shutil.which("ansible-rulebook", path=PATH)
PATIENCE = 240.0  # seconds: Java starts
TOKEN = "the-token-of-the-listener"

pytestmark = [
    pytest.mark.skipif(
        PROGRAM is None, reason="ansible-rulebook is not installed: pip install ansible-rulebook (and Java 17)"
    ),
]
TICKET = {
    "event": "open",
    "key": "ns-1",
    "subject": "KB9000001: exploited, and its remedy waits for an approval",
    "evidence": {
        "troubles": [
            {"signal": "emergency_approval", "update": {"id": "KB9000001-id", "label": "KB9000001", "title": "x"}}
        ]
    },
}


@pytest.fixture
def awx() -> Iterator[AwxServer]:
    """An AWX with the workflow of emergencies and nothing else."""
    server = fresh()
    store = server.store
    organization = {"name": "Nightshift", "description": "", "max_hosts": 0, "default_environment": None}
    owner = store.add(kinds()["organizations"], organization)["id"]
    kind = kinds()["workflow_job_templates"]
    defaults = {name: field.default for name, field in kind.fields.items()}
    said = {"name": "Nightshift emergency (Fleet)", "organization": owner, "survey_enabled": True, "extra_vars": ""}
    workflow = store.add(kind, {**defaults, **said})
    roles = yaml.safe_load(
        (ROOT / "roles" / "awx" / "vars" / "main.yml").read_text(encoding="utf-8").replace("!unsafe ", "")
    )
    survey = {"name": "", "description": "", "spec": roles["awx_emergency_survey"]}
    store.surveys["workflow_job_templates", workflow["id"]] = survey
    store.tokens["controller-token"] = "admin"
    with serving(server):
        yield server


@contextmanager
def listening(folder: Path, url: str) -> Iterator[Callable[[Any, str], int]]:
    """Run the rulebook; yield what posts to it and returns the status."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(folder / "ca", now)
    chain = folder / "listener.pem"
    chain.write_bytes(authority.issue(ServerIdentity("rulebook", (), ("127.0.0.1",)), now))
    variables = {
        "nightshift_token": TOKEN,
        "nightshift_port": port,
        "nightshift_certificate": str(chain),
        "nightshift_certificate_key": str(chain),
        "nightshift_authorised_by": "ciso",
    }
    (folder / "vars.yml").write_text(json.dumps(variables), encoding="utf-8")
    assert PROGRAM is not None
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [PROGRAM, "--rulebook", str(RULEBOOK), "--vars", str(folder / "vars.yml"), "--controller-url", f"{url}/",
             "--controller-token", "controller-token", "--controller-ssl-verify", "no"],
            env={**os.environ, "PATH": os.pathsep.join([str(Path(PROGRAM).parent), PATH])},
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, cwd=folder,
        )  # fmt: skip
        try:
            trust = ssl.create_default_context(cafile=str(authority.certificate_path))

            def post(body: Any, token: str = TOKEN) -> int:
                headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
                request = Request(f"https://127.0.0.1:{port}/", json.dumps(body).encode(), headers)
                try:
                    with urlopen(request, timeout=10, context=trust) as answer:
                        return int(answer.status)
                except HTTPError as refused:
                    return refused.code

            until(lambda: _open(port) or process.poll() is not None)
            assert process.poll() is None, (folder / "said").read_text(encoding="utf-8")
            yield post
        finally:
            process.terminate()
            process.wait(60)


def _open(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def until(done: Callable[[], Any]) -> None:
    """Wait for something outside this process."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.2)


def test_a_patrols_call_for_an_approval_and_a_finding_each_ask_once_and_nothing_else_does(
    awx: AwxServer, tmp_path: Path
) -> None:
    with listening(tmp_path, awx.url) as post:
        assert post(TICKET, "guessed") == 401
        assert post({**TICKET, "key": "ns-0", "evidence": {"troubles": [{"signal": "update_failed"}]}}, TOKEN) == 200
        assert post(TICKET, TOKEN) == 200
        assert post(TICKET, TOKEN) == 200, "the same again"
        assert post({"exploited": {"cve": "CVE-2026-0001", "updates": ["KB9000002", "KB9000003"]}}, TOKEN) == 200
        until(lambda: len(awx.store.jobs) >= 2)
        time.sleep(3)  # for what should not come
    asked = sorted((job.extra_vars for job in awx.store.jobs.values()), key=lambda one: str(one["updates"]))
    assert asked == [
        {"updates": "KB9000001-id", "reason": TICKET["subject"], "authorised_by": "ciso", "expires": "1d"},
        {
            "updates": "KB9000002,KB9000003",
            "reason": "CVE-2026-0001 is exploited",
            "authorised_by": "ciso",
            "expires": "1d",
        },
    ]
