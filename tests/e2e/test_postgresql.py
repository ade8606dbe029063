# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger in PostgreSQL, with stock ansible-playbook: only the URL differs."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, WANTED, catalogue, pc

MONDAY = "2026-11-23T16:00:00+00:00"


def test_patrols_share_a_ledger_in_postgresql_and_serve_each_device_once(
    lab_of: Callable[..., Operator], new_database: Callable[[], str]
) -> None:
    names = [f"pc-{number:03}" for number in range(1, 4)]
    lab = lab_of([pc(name) for name in names], start=MONDAY, catalogue=catalogue(*UPDATES))
    ledger = new_database()
    lab.patrol("--check", nightshift_ledger=ledger).ok()
    assert not lab.truth(), "check mode starts nothing"
    with open_ledger(ledger, read_only=True).read() as tx:
        assert tx.device_states(names) == {}, "and makes no ledger"

    command = lab.command("patrol", nightshift_ledger=ledger, nightshift_poll="5m", nightshift_stay="1h")
    both = [
        subprocess.Popen(
            command,
            cwd=lab.folder,
            env={**lab.variables(), "ANSIBLE_HOME": str(lab.folder / f"ansible-{number}")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(2)
    ]
    said = [patrol.communicate(timeout=300)[0] for patrol in both]
    assert [patrol.returncode for patrol in both] == [0, 0], "\n".join(said)

    installed = Counter((event["device"], event["kb"]) for event in lab.events("install_finished"))
    assert installed == Counter({(name, kb): 1 for name in names for kb in WANTED})
    with open_ledger(ledger, read_only=True).read() as tx:
        assert all(len(tx.history(name).attempts) == len(WANTED) for name in names)
        assert tx.leases(names) == {}
    assert not lab.ledger.exists(), "nothing went into a file beside the inventory"
    told = lab.play("explain", device="pc-001", nightshift_ledger=ledger).ok()
    assert "pc-001" in told.out
