# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook tickets.yml as an operator runs it: vaulted secrets, check mode, delivery, closing by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.services.stand_ins import PASSWORD
from tests.services.ticket_scenes import DEVICES, Scene
from tests.services.ticket_worlds import CLOSED, OPEN, World

BIN = Path(sys.executable).parent


def play(folder: Path, scene: Scene, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Run the playbook; returns exit code, all that was printed, and the task's result."""
    environment = {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(folder / "password"),
    }
    done = subprocess.run(
        [
            *(str(BIN / "ansible-playbook"), "nightshift.fleet.tickets", "-i", str(folder / "hosts.yml"), "-vvv"),
            *("-e", f"nightshift_ledger={scene.url}", *arguments),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    start = done.stdout.find('{\n    "custom_stats"')
    found = json.JSONDecoder().raw_decode(done.stdout[start:])[0] if start >= 0 else {}
    hosts = found["plays"][0]["tasks"][0]["hosts"] if found.get("plays") and found["plays"][0]["tasks"] else {}
    return done.returncode, said, next(iter(hosts.values()), {})


def inventory(folder: Path, variable: dict[str, Any]) -> None:
    """An inventory whose secret is in a vault."""
    (folder / "password").write_text("vault password", encoding="utf-8")
    secret = subprocess.run(
        [str(BIN / "ansible-vault"), "encrypt_string", "--vault-password-file", str(folder / "password"), PASSWORD],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    hosts = {"all": {"hosts": dict.fromkeys(DEVICES)}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    (folder / "group_vars").mkdir(exist_ok=True)
    public = {key: value for key, value in variable.items() if key != "password"}
    text = yaml.safe_dump({"nightshift_tickets": public}) + f"  password: {secret.replace(chr(10), chr(10) + '    ')}\n"
    (folder / "group_vars" / "all.yml").write_text(text, encoding="utf-8")


def test_an_operator_sees_what_would_go_out_sends_it_and_closes_by_hand(
    folder: Path, scene: Scene, servicenow: World
) -> None:
    inventory(folder, servicenow.variable(servicenow.port))
    scene.fails("pc-001")

    code, said, result = play(folder, scene, "--check")
    assert code == 0, said
    assert [(one["event"], one["subject"]) for one in result["pending"]] == [
        ("open", "pc-001: KB5068861: failed twice")
    ]
    assert servicenow.tickets() == []

    code, said, result = play(folder, scene)
    assert (code, result["sent"], result["pending"]) == (0, 1, []), said
    assert PASSWORD not in said
    assert [seen.state for seen in servicenow.tickets()] == [OPEN]

    orders = json.dumps({"nightshift_tickets_close": ["pc-001"], "nightshift_tickets_why": "disk replaced"})
    code, said, result = play(folder, scene, "-e", orders)
    assert (code, len(result["closed"]), result["sent"]) == (0, 1, 1), said
    (seen,) = servicenow.tickets()
    assert seen.state == CLOSED
    assert "disk replaced" in seen.notes[-1]
    assert scene.open_tickets() == []


def test_a_mistake_in_the_variable_is_told_with_its_file(folder: Path, scene: Scene, servicenow: World) -> None:
    inventory(folder, {**servicenow.variable(servicenow.port), "tabel": "incident"})
    scene.fails("pc-001")
    code, said, result = play(folder, scene)
    assert code == 2
    assert "group_vars/all.yml: nightshift_tickets.tabel: is no option of backend servicenow" in result["msg"], said
    assert PASSWORD not in said


def test_a_ticket_system_that_is_down_fails_no_run(folder: Path, scene: Scene, servicenow: World) -> None:
    inventory(folder, servicenow.variable(1))
    scene.fails("pc-001")
    code, said, result = play(folder, scene)
    assert code == 0, said
    assert "Connection refused" in result["faults"]["servicenow"]
    assert len(result["pending"]) == 1
    assert PASSWORD not in said


def test_without_a_ticket_system_the_open_tickets_are_listed_with_what_closes_them(folder: Path, scene: Scene) -> None:
    inventory(folder, {"password": "unused"})
    (folder / "group_vars" / "all.yml").unlink()
    ticket = scene.fails("pc-001")
    code, said, result = play(folder, scene)
    assert code == 0, said
    assert result["msg"][0] == "no ticket system is told of these (nightshift_tickets is not set):"
    assert result["msg"][1] == f"{ticket.id}  2026-11-23  {ticket.subject}"
    assert [one["ticket"] for one in result["open"]] == [ticket.id]
    closed = play(folder, scene, "-e", f"nightshift_tickets_close={ticket.id}")[2]
    assert (closed["closed"], closed["open"]) == ([ticket.id], [])
