# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC that was off in its window calls AWX when it is switched on, and has caught up within minutes."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab.awx.facts import kinds
from lab.awx.seed import fresh
from lab.awx.server import AwxServer, serving
from lab.awx.store import Job, Row
from lab.awx.waking import wake
from lab.operator import Operator
from lab.tls import LabAuthority, ServerIdentity
from tests.e2e.fleets import UPDATES, catalogue, pc

KEY = "0123456789abcdef0123456789abcdef"
MONDAY = "2026-11-23T15:30:00+00:00"  # the window opens at 16:00
POLICY = {
    "zone": "Europe/London",
    "install": {
        "windows": [{"days": "mon", "start": "16:00", "end": "20:00"}],
        "catch_up": True,
        "catch_up_delay": "0s",
    },
}


def awx_that_patrols(lab: Operator) -> tuple[AwxServer, Row]:
    """An AWX whose template for waking PCs runs the real patrol in the lab, and knows its PC by its address."""
    server = fresh()
    store = server.store
    inventory = store.add(kinds()["inventories"], {"name": "Fleet", "organization": None, "variables": ""})
    for device in lab.remote.get("/devices"):
        host = {"name": device["name"], "inventory": inventory["id"], "variables": f"ansible_host: {device['address']}"}
        store.add(kinds()["hosts"], host)
    kind = kinds()["job_templates"]
    defaults = {name: field.default for name, field in kind.fields.items()}
    said = {"name": "Nightshift wakes (Fleet)", "inventory": inventory["id"], "host_config_key": KEY, "extra_vars": ""}
    template = store.add(kind, {**defaults, **said})

    def run(job: Job, _template: Row) -> bool:
        return lab.patrol("--limit", job.limit, nightshift_time_budget="4h").code == 0

    server.launcher.run = run
    return server, template


def test_a_pc_that_was_off_in_its_window_has_caught_up_within_minutes_of_its_start(
    lab_of: Callable[..., Operator], tmp_path: Path
) -> None:
    lab = lab_of([pc(), pc("pc-002")], MONDAY, {"desktops": POLICY}, catalogue=catalogue(*UPDATES))
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(tmp_path / "awx", now)
    identity = ServerIdentity("awx", ("localhost",), ("127.0.0.1",))
    trust = ssl.create_default_context(cafile=str(authority.certificate_path))
    server, template = awx_that_patrols(lab)
    with serving(server, authority.server_context(identity, now)) as awx:
        url = f"{awx}/api/v2/job_templates/{template['id']}/callback/"
        said = {"nightshift_wake_url": url, "nightshift_wake_key": KEY}
        registered = lab.play("device_wakes", "-vvv", **said).ok()
        assert registered.out.count("changed: [") == 2
        assert KEY not in registered.out.replace(f"nightshift_wake_key={KEY}", ""), "only where we ourselves wrote it"
        assert "changed: [" not in lab.play("device_wakes", **said).ok().out, "once is enough"

        lab.patrol().ok()  # both are known, and wait for their window
        assert lab.events("install_started") == []
        lab.remote.post("/devices/pc-001/power", {"on": False})
        lab.advance_to("2026-11-24T09:00:00+00:00")
        lab.remote.post("/devices/pc-001/power", {"on": True})
        started = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
        lab.advance_to("2026-11-24T09:02:00+00:00")  # a minute of starting, a minute of delay

        address = next(device["address"] for device in lab.remote.get("/devices") if device["name"] == "pc-001")
        assert wake(url, "guessed", address, trust) == 403
        assert wake(url, KEY, "127.0.0.1", trust) == 400, "no host has that address"
        assert wake(url, KEY, address, trust) == 201
        (job,) = server.store.jobs.values()
        assert (job.limit, job.launch_type, job.status) == ("pc-001", "callback", "successful")
    assert set(lab.installed("pc-001")) == {"KB9000001", "KB9000002", "KB9000003"}
    first = min(datetime.fromisoformat(event["at"]) for event in lab.events("install_started", "pc-001"))
    assert first - started < timedelta(minutes=15), "its search took most of it"
    assert lab.installed("pc-002") == [], "nobody else was asked"
