# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An operator with a help desk's inventory and an AWX of the lab: declares, compares, and reads what AWX then has."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

from lab.awx.seed import PASSWORD, add_user, fresh
from lab.awx.server import AwxServer, serving
from lab.awx.store import Row
from lab.operator import ROOT, Run
from lab.tls import LabAuthority, ServerIdentity

SECRETS = {
    "awx_ledger_password": "ledger-hunter2",
    "awx_device_password": "device-hunter2",
    "awx_fog_api_token": "fog-hunter2",
    "awx_fog_user_token": "fog-user-hunter2",
    "awx_tickets_token": "tickets-hunter2",
    "awx_wake_key": "wake-0123456789abcdef-hunter2-xyz",
}
SETTINGS: dict[str, Any] = {
    "awx_image": "registry.example/nightshift-ee:0.1.0",
    "awx_scm_url": "https://git.example.test/fleet.git",
    "awx_inventory_source": "inventories/helpdesk/helpdesk.nightshift.yml",
    "awx_ledger": "postgresql+psycopg://nightshift@db.example.test/nightshift",
    "awx_device_user": "svc_patch@EXAMPLE.TEST",
    "awx_fog_url": "https://fog.example.test/fog",
    "awx_site": "north",
    "awx_slices": 4,
    "awx_operators": ["olga"],
    "awx_approvers": ["anna"],
    "awx_readers": ["rita"],
    "awx_notifications": [
        {
            "name": "Operations",
            "type": "webhook",
            "configuration": {"url": "https://ops.example.test/hook", "headers": {}},
            "events": ["error", "approvals"],
        }
    ],
}
PEOPLE = ("olga", "anna", "rita")
PLAYBOOKS = ("patrol", "critical", "reimage", "campaign", "report", "advisories", "tickets", "approve", "stop")
_RECAP = re.compile(r"localhost +: ok=\d+ +changed=(\d+) .*failed=(\d+)")


@dataclass(slots=True)
class Site:
    """The operator's folder with the inventory, and the AWX."""

    folder: Path
    server: AwxServer
    authority: Path

    @property
    def group_vars(self) -> Path:
        """Where the policy stands."""
        return self.folder / "helpdesk" / "group_vars"

    def play(self, playbook: str, *arguments: str, **more: Any) -> Run:
        """Play a playbook against this AWX with all settings."""
        settings = self.folder / "awx.json"
        settings.write_text(json.dumps({**SETTINGS, **SECRETS, **more}), encoding="utf-8")
        plain = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "CONTROLLER_"))}
        done = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                f"nightshift.fleet.{playbook}",
                "-i",
                str(self.folder / "helpdesk" / "helpdesk.nightshift.yml"),
                "-e",
                f"@{settings}",
                *arguments,
            ],
            cwd=self.folder,
            env={
                **plain,
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_HOME": str(self.folder / "ansible"),
                "CONTROLLER_HOST": self.server.url,
                "CONTROLLER_USERNAME": "admin",
                "CONTROLLER_PASSWORD": PASSWORD,
                "SSL_CERT_FILE": str(self.authority),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=1800,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def has(self) -> dict[str, Any]:
        """Return a copy of everything that AWX has; instants of the last change left out."""
        store = self.server.store
        rows = {
            kind: {
                number: {k: v for k, v in row.items() if k not in ("modified", "next_run")}
                for number, row in of.items()
            }
            for kind, of in store.rows.items()
        }
        roles = {role.id: (role.name, sorted(role.users), sorted(role.teams)) for role in store.roles.values()}
        found = {"rows": rows, "links": store.links, "surveys": store.surveys, "roles": roles, "asks": store.approvals}
        return copy.deepcopy(found)

    def named(self, kind: str, name: str) -> Row:
        """Return one object of AWX."""
        return self.server.store.named(kind, name)


def changed(run: Run) -> int:
    """Return how many tasks changed something. Raises AssertionError when the run failed."""
    found = _RECAP.search(run.ok().out)
    assert found is not None, run.said
    return int(found[1])


def changed_items(run: Run) -> list[str]:
    """Return what a run says of items that it changed."""
    return re.findall(r"^changed: \[localhost\] => \(item=(.*)\)$", run.out, re.MULTILINE)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Have an AWX that knows three people and nothing of ours, and a help desk's inventory."""
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(folder / "ca", now)
    context = authority.server_context(ServerIdentity("awx", ("localhost",), ("127.0.0.1",)), now)
    copytree(ROOT / "inventories" / "helpdesk", folder / "helpdesk")
    server = fresh([f"playbooks/{name}.yml" for name in PLAYBOOKS])
    for name in PEOPLE:
        add_user(server.store, name, f"{name}-password")
    with serving(server, context):
        yield Site(folder, server, authority.certificate_path)
