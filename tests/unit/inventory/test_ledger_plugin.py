# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The inventory plugin of the ledger, as Ansible's own tools run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Standing, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollout_tables import ring_halts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device

from tests.services import plays

BIN = Path(sys.executable).parent
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
DAY = timedelta(days=1)


def fill(url: str) -> None:
    """A fleet in which every device owes something else."""
    with open_ledger(url).begin() as tx:
        rooms = {"late": "B-204", "beside": "B-204", "calm": "B-205"}
        names = ("due", "timely", "late", "beside", "restart", "failing", "calm", "gone", "away")
        found = [Device(name, "desktop", room=rooms.get(name)) for name in names]
        tx.enrol([*found, Device("new", "desktop"), Device("halted", "desktop", ring="pilot")], NOW - 30 * DAY)
        tx.enrol([Device("outside", "desktop", managed=False)], NOW)
        for name in (*names, "halted"):
            tx.record_contact(name, NOW - 10 * DAY, answered=True)
        tx.record_contact("gone", NOW - 8 * DAY, answered=False)
        tx.record_contact("away", NOW - 6 * DAY, answered=False)

        def stands(name: str, next_at: datetime = NOW + DAY, **counts: int) -> None:
            tx.record_standing(name, Standing(NOW - DAY, next_at, "p", "waiting", "as planned", counts))

        stands("due", install=2)
        stands("timely", next_at=NOW)
        stands("late", overdue=1)
        stands("restart", restart=1)
        stands("failing", parked=1)
        stands("calm", missing=1, ignored=1, restart=0)
        halt = {"update_id": "u", "ring": "pilot", "why": "", "halted_at": NOW, "resumed_by": "", "resumed_why": ""}
        tx._conn.execute(sa.insert(ring_halts), [{**halt, "id": "h", "open_key": "u"}])


def listed(folder: Path, *sources: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "NIGHTSHIFT_LEDGER"))
    }
    inputs = [part for source in sources for part in ("-i", source)]
    return plays.run(
        [BIN / "ansible-inventory", *inputs, "--list"],
        cwd=folder,
        env={**clean, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", **variables},
    )


def source(folder: Path, **options: Any) -> str:
    path = folder / "fleet.ledger.yml"
    path.write_text(yaml.safe_dump({"plugin": "nightshift.fleet.ledger", "now": NOW.isoformat(), **options}))
    return str(path)


def groups(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout, object_hook=lambda value: value.get("__ansible_unsafe", value))
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_devices_are_grouped_by_what_they_owe(tmp_path: Path, kind: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    if kind == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_database")
        url = new()
    fill(url)
    found = groups(listed(tmp_path, source(tmp_path, url=url)))
    assert {name: sorted(group["hosts"]) for name, group in found.items() if group.get("hosts")} == {
        "patch_due": ["due", "timely"],
        "patch_overdue": ["late"],
        "restart_pending": ["restart"],
        "offline_since_7d": ["gone"],
        "parked": ["failing"],
        "halted_ring": ["halted"],
        "never_seen": ["new"],
        "room_overdue": ["beside", "late"],
        "ungrouped": ["away", "calm"],
    }
    owes = found["_meta"]["hostvars"]["due"]["nightshift_owes"]
    assert (owes["groups"], owes["counts"], owes["next_at"]) == (
        ["patch_due"],
        {"install": 2},
        "2026-11-24T16:00:00+00:00",
    )


def test_the_ledger_beside_the_source_is_the_default_and_none_is_made(tmp_path: Path) -> None:
    assert "patch_due" not in groups(listed(tmp_path, source(tmp_path)))["_meta"]["hostvars"]
    assert not (tmp_path / ".nightshift").exists()
    fill(f"sqlite:///{tmp_path / '.nightshift' / 'ledger.sqlite'}")
    assert "due" in groups(listed(tmp_path, source(tmp_path)))["patch_due"]["hosts"]


def test_only_devices_of_the_register_are_grouped_where_that_is_asked_for(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path / '.nightshift' / 'ledger.sqlite'}")
    (tmp_path / "hosts.ini").write_text("due ansible_host=192.0.2.1\ncalm\n")
    found = groups(listed(tmp_path, "hosts.ini", source(tmp_path, add_hosts=False)))
    assert found["patch_due"]["hosts"] == ["due"]
    assert found["_meta"]["hostvars"].keys() == {"due", "calm"}
    assert found["_meta"]["hostvars"]["due"]["ansible_host"] == "192.0.2.1"


def test_groups_of_ones_own_can_be_composed_from_what_is_owed(tmp_path: Path) -> None:
    fill(f"sqlite:///{tmp_path / '.nightshift' / 'ledger.sqlite'}")
    own = source(tmp_path, groups={"restless": "nightshift_owes.counts.restart | default(0) > 0"})
    assert groups(listed(tmp_path, own))["restless"]["hosts"] == ["restart"]


def test_with_a_cache_the_ledger_is_not_read_again(tmp_path: Path) -> None:
    ledger = tmp_path / ".nightshift" / "ledger.sqlite"
    fill(f"sqlite:///{ledger}")
    own = source(tmp_path, cache=True, cache_plugin="jsonfile", cache_connection=str(tmp_path / "cache"))
    first = groups(listed(tmp_path, own))
    ledger.unlink()
    assert groups(listed(tmp_path, own)) == first


def test_a_ledger_that_cannot_be_read_ends_the_run_with_its_name(tmp_path: Path) -> None:
    done = listed(tmp_path, source(tmp_path, url="mysql://operator:hunter2@db/ledger"))
    assert done.returncode != 0
    assert "is not supported" in done.stderr and "hunter2" not in done.stderr
