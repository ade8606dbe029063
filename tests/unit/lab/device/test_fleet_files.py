# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fleet files: what they may say, and how a mistake in one is told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import lab
from lab.fleet import FleetError, load, parse
from lab.fleet_maker import Mix, make

PC = {"name": "pc-01"}


def device(**keys: Any) -> dict[str, Any]:
    return {"devices": [{**PC, **keys}]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "f.yml: [] is not a mapping"),
        ({}, "devices: there are none"),
        ({"zone": "Mars/Olympus", "devices": [PC]}, "zone: 'Mars/Olympus' is not a time zone"),
        ({"start": "soon", "devices": [PC]}, "start: 'soon' is not an instant"),
        ({"devices": [PC, PC]}, "the name 'pc-01' is given twice"),
        ({"devices": [{"class": "desktop"}]}, "devices[0]: name: None is not a name"),
        ({"devices": [{"name": "pc", "count": 3}]}, "name: 'pc' is not a pattern"),
        (device(clas="desktop"), "devices[0]: clas: unknown key"),
        (device(**{"class": "tablet"}), "class: 'tablet' is not one of desktop, laptop, server, room"),
        (device(product="windows-7"), "product: 'windows-7' is not one of"),
        (device(pending_restart=["moon"]), "pending_restart: ['moon'] is not a list of"),
        (device(free_gb=-1), "free_gb: -1 is not a number of 0 or more"),
        (device(always_on="maybe"), "always_on: 'maybe' is not true or false"),
        (device(switch=[{"at": "2026-11-24 14:00"}]), "switch[0]: a switching has at"),
        (device(faults=[{"kind": "gremlin"}]), "faults[0].kind: 'gremlin' is not a fault"),
        (device(faults=[{"kind": "hang", "count": 0}]), "faults[0].count: 0 is not a number of times"),
        (device(faults=[{"kind": "fail_update", "hresult": "bad"}]), "faults[0].hresult: 'bad' is not an HRESULT"),
        (
            {"catalogue": {"extra_updates": [{"title": "x"}]}, "devices": [PC]},
            "extra_updates[0]: has neither kb nor name",
        ),
        (
            {"catalogue": {"extra_updates": [{"kb": "KB1", "severity": "Bad"}]}, "devices": [PC]},
            "extra_updates[0].severity: 'Bad'",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(content: Any, told: str) -> None:
    with pytest.raises(FleetError) as mistake:
        parse(content, "f.yml")
    assert told in str(mistake.value)
    assert str(mistake.value).startswith("f.yml")
    assert "\n" not in str(mistake.value)


def test_times_without_a_zone_are_local_also_in_summer() -> None:
    content = {"zone": "Europe/London", **device(switch=[{"at": "2026-07-01 14:00", "powered": False}])}
    assert parse(content, "f.yml").devices[0].switchings[0].at == datetime(2026, 7, 1, 13, tzinfo=UTC)


def test_a_pattern_makes_many_devices() -> None:
    fleet = parse({"devices": [{"name": "pc-{n:03d}", "count": 3}]}, "f.yml")
    assert [d.name for d in fleet.devices] == ["pc-001", "pc-002", "pc-003"]


def test_the_demo_has_its_24_pcs() -> None:
    fleet = load(Path(lab.__file__).parent / "fleets" / "demo.yml")
    assert len(fleet.devices) == 24
    assert [d.name for d in fleet.devices if not d.on] == ["lt-06", "lt-07"]
    assert fleet.start == datetime(2026, 11, 23, 15, 45, tzinfo=UTC)


def test_a_generated_fleet_is_valid_and_has_its_share_switched_off(tmp_path: Path) -> None:
    path = tmp_path / "fleet.yml"
    path.write_text(make(Mix(200, off=0.3, install_minutes=10)), encoding="utf-8")
    fleet = load(path)
    assert sum(not d.on for d in fleet.devices) == 60
    assert fleet.pace.install_seconds == 600
    assert make(Mix(200, off=0.3)) == make(Mix(200, off=0.3))
