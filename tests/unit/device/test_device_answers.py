# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of the device modules become values, or an error that names key, value and expectation."""

from __future__ import annotations

import copy
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.device import (
    Progress,
    ProtocolError,
    UpdateAction,
    parse_apply,
    parse_restart,
    parse_scan,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    ErrorClass,
    Job,
    JobKind,
    JobState,
    LoggedOnUser,
    Observation,
    Outcome,
    RestartBehaviour,
    ScanTrust,
    Severity,
    Update,
)
from hypothesis import given
from hypothesis import strategies as st

AT = datetime(2026, 11, 23, 16, 5, tzinfo=UTC)

UPDATE: dict[str, Any] = {
    "id": "u1",
    "revision": 201,
    "provider": "windows_update",
    "title": "Cumulative Update",
    "kbs": ["KB5068861"],
    "severity": "",
    "categories": ["Security Updates"],
    "cves": ["CVE-2025-62215"],
    "size": 700_000_000,
    "downloaded": True,
    "restart": "can_request",
    "can_request_user_input": False,
    "supersedes": ["u0"],
    "released": "2025-11-11T18:00:00Z",
    "uninstallable": True,
}
RESULT: dict[str, Any] = {
    "id": "u1",
    "title": "Cumulative Update",
    "result_code": 4,
    "hresult": 0x80240022,
    "hresult_hex": "0x80240022",
    "error_name": "WU_E_ALL_UPDATES_FAILED",
    "error_text": "all failed",
    "error_class": "transient",
    "outcome": "failed",
    "restart_required": False,
    "started_at": "2026-11-23T16:00:00Z",
    "finished_at": "2026-11-23T16:05:00Z",
}
JOB: dict[str, Any] = {
    "id": "j1",
    "kind": "install",
    "state": "finished",
    "updates": ["u1"],
    "started_at": "2026-11-23T16:00:00Z",
    "finished_at": "2026-11-23T16:05:00Z",
    "deadline": None,
    "progress": {"done": 1, "total": 1, "current": ""},
    "results": [RESULT],
    "error": "",
}
SCAN: dict[str, Any] = {
    "changed": False,
    "device": {
        "computer_name": "PC-017",
        "domain": "corp.example",
        "os": {"edition": "Professional", "version": "24H2", "build": 26100, "ubr": 7171},
        "chassis": "laptop",
        "manufacturer": "Contoso",
        "model": "L1",
        "boot_time": "2026-11-23T08:00:00Z",
        "power": "battery",
        "battery_percent": 80,
        "free_bytes": 50_000_000_000,
        "users": [{"name": "ada", "idle_seconds": 0, "active": True}, {"name": "bob", "idle_seconds": None}],
    },
    "scan": {
        "id": "s1",
        "finished_at": "2026-11-23T15:00:00Z",
        "age_seconds": 3900,
        "result_code": 2,
        "trust": "degraded",
        "warnings": ["old"],
        "source": {"kind": "default", "name": "Windows Update", "server": ""},
        "running": False,
        "error": "",
    },
    "missing": [UPDATE],
    "installed": [],
    "pending_restart": {
        "required": True,
        "sources": {"wua": True, "cbs": False, "windows_update": True, "file_rename": True},
    },
    "restart": {"scheduled_at": "2026-11-23T17:00:00Z", "ours": True, "foreign": False},
    "jobs": [JOB],
    "started_job": "",
    "time": "2026-11-23T16:05:00Z",
}


def changed(path: str, value: object) -> dict[str, Any]:
    """SCAN with one value replaced; the path is dotted, list places are numbers. `...` removes the key."""
    answer: dict[str, Any] = copy.deepcopy(SCAN)
    *parents, last = path.split(".")
    place: Any = answer
    for key in parents:
        place = place[int(key) if isinstance(place, list) else key]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return answer


def test_an_update_keeps_every_value_and_an_empty_severity_is_none() -> None:
    assert parse_scan(SCAN).missing == (
        Update(
            id="u1",
            revision=201,
            title="Cumulative Update",
            kbs=("KB5068861",),
            severity=None,
            categories=("Security Updates",),
            cves=("CVE-2025-62215",),
            size=700_000_000,
            downloaded=True,
            restart=RestartBehaviour.CAN_REQUEST,
            supersedes=("u0",),
            released=datetime(2025, 11, 11, 18, tzinfo=UTC),
            uninstallable=True,
        ),
    )


@pytest.mark.parametrize("rating", ["Critical", "Important", "Moderate", "Low"])
def test_a_rating_is_read_as_the_update_agent_writes_it(rating: str) -> None:
    missing = parse_scan(changed("missing.0.severity", rating)).missing
    assert missing is not None
    assert missing[0].severity is Severity(rating.lower())


def test_the_observation_holds_what_the_planner_reads() -> None:
    assert parse_scan(SCAN).observation(AT) == Observation(
        at=AT,
        boot_time=AT.replace(hour=8, minute=0),
        pending_restart=("wua", "windows_update"),
        users=(LoggedOnUser("ada", timedelta(0)), LoggedOnUser("bob", None)),
        on_battery=True,
        free_bytes=50_000_000_000,
        restart_scheduled_at=AT.replace(hour=17, minute=0),
    )


def test_sources_that_decide_nothing_make_no_restart_pending() -> None:
    answer = changed("pending_restart", {"required": False, "sources": {"file_rename": True, "servicing": True}})
    report = parse_scan(answer)
    assert report.observation(AT).pending_restart == ()
    assert report.pending_restart.sources == ("file_rename", "servicing")


def test_a_restart_of_somebody_else_is_not_ours() -> None:
    answer = changed("restart", {"scheduled_at": "2026-11-23T17:00:00Z", "ours": False, "foreign": True})
    seen = parse_scan(answer).observation(AT)
    assert (seen.restart_scheduled_at, seen.foreign_restart) == (None, True)


def test_a_job_and_its_results_are_read() -> None:
    (reported,) = parse_scan(SCAN).jobs
    started = AT.replace(minute=0)
    assert reported.job == Job("j1", JobKind.INSTALL, JobState.FINISHED, ("u1",), started)
    assert (reported.finished_at, reported.progress) == (AT, Progress(1, 1))
    (result,) = reported.results
    assert (result.outcome, result.error_class) == (Outcome.FAILED, ErrorClass.TRANSIENT)
    assert (result.hresult, result.error_name) == (0x80240022, "WU_E_ALL_UPDATES_FAILED")


def test_a_device_that_was_never_searched_has_a_scan_without_id() -> None:
    never = {"id": "", "finished_at": None, "age_seconds": None, "trust": "unknown"}
    scan = parse_scan(changed("scan", never)).scan
    assert (scan.id, scan.finished_at, scan.trust) == ("", None, ScanTrust.UNKNOWN)


def test_lists_that_were_not_sent_are_told_from_empty_ones() -> None:
    known = {key: value for key, value in SCAN.items() if key not in ("missing", "installed")} | {"unchanged": True}
    assert (parse_scan(known).missing, parse_scan(known).unchanged) == (None, True)
    assert parse_scan(SCAN).installed == ()


@pytest.mark.parametrize(
    "key", ["device.os", "device.model", "device.users", "missing.0.cves", "jobs.0.progress", "scan.source", "time"]
)
def test_what_is_only_told_to_people_may_be_absent(key: str) -> None:
    parse_scan(changed(key, ...))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("jobs", ..., "win_patch_scan: jobs is missing; expected a list"),
        ("jobs", {"id": "j1"}, "win_patch_scan: jobs: {'id': 'j1'} is not a list"),
        ("device", ..., "win_patch_scan: device is missing; expected an object"),
        ("scan.id", ..., "win_patch_scan: scan.id is missing; expected a string"),
        ("scan.trust", "good", "win_patch_scan: scan.trust: 'good' is not one of trusted, degraded, unknown"),
        ("scan.finished_at", None, "win_patch_scan: scan.finished_at: None is not an instant with its zone"),
        ("scan.finished_at", "2026-11-23T15:00:00", "'2026-11-23T15:00:00' is not an instant with its zone"),
        ("time", "yesterday", "win_patch_scan: time: 'yesterday' is not an instant with its zone"),
        ("missing.0.id", "", "win_patch_scan: missing[0].id: '' is not a non-empty string"),
        ("missing.0.kbs", "KB1", "win_patch_scan: missing[0].kbs: 'KB1' is not a list"),
        ("missing.0.kbs", [1], "win_patch_scan: missing[0].kbs: [1] is not a list of strings"),
        ("missing.0.severity", "High", "missing[0].severity: 'High' is not one of critical, important, moderate"),
        ("missing.0.size", "7", "win_patch_scan: missing[0].size: '7' is not a whole number"),
        ("missing.0.size", True, "win_patch_scan: missing[0].size: True is not a whole number"),
        ("missing.0.downloaded", 1, "win_patch_scan: missing[0].downloaded: 1 is not true or false"),
        ("jobs.0", "j1", "win_patch_scan: jobs[0]: 'j1' is not an object"),
        ("jobs.0.state", "runing", "jobs[0].state: 'runing' is not one of intended, running"),
        ("jobs.0.state", "intended", "jobs[0].state: 'intended' is not one of running, finished, failed, interrupted"),
        ("jobs.0.results.0.hresult", -2145124318, "hresult: -2145124318 is not an unsigned 32-bit number"),
        ("jobs.0.results.0.outcome", ..., "win_patch_scan: jobs[0].results[0].outcome is missing; expected one of"),
        ("device.power", "solar", "win_patch_scan: device.power: 'solar' is not one of ac, battery, unknown"),
        ("pending_restart.required", "no", "win_patch_scan: pending_restart.required: 'no' is not true or false"),
        ("pending_restart.sources.wua", "x", "win_patch_scan: pending_restart.sources.wua: 'x' is not true or false"),
    ],
)
def test_a_mistake_is_named_with_its_place_its_value_and_what_was_expected(
    path: str, value: object, message: str
) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_scan(changed(path, value))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["running", "AAAA"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    path=st.sampled_from(
        [
            "device",
            "device.users",
            "device.os.build",
            "scan",
            "scan.source",
            "missing",
            "missing.0",
            "missing.0.released",
            "pending_restart.sources",
            "restart",
            "jobs",
            "jobs.0",
            "jobs.0.progress",
            "jobs.0.results.0.error_class",
            "time",
        ]
    ),
    value=_JSON,
)
def test_whatever_stands_in_a_place_there_is_a_value_or_a_protocol_error(path: str, value: object) -> None:
    with suppress(ProtocolError):
        assert parse_scan(changed(path, value)).facts.computer_name in ("PC-017", "")


def test_the_answer_of_an_apply_is_read() -> None:
    answer = {
        "changed": True,
        "busy": False,
        "job": {**JOB, "state": "running", "results": [], "finished_at": None},
        "updates": [{"id": "u1", "action": "started"}, {"id": "u2", "action": "already"}],
        "msg": "1 started",
    }
    report = parse_apply(answer)
    assert report.job is not None
    assert report.job.job.active
    assert report.updates == (("u1", UpdateAction.STARTED), ("u2", UpdateAction.ALREADY))


def test_an_apply_in_check_mode_has_no_job() -> None:
    assert parse_apply({"changed": True, "busy": False, "job": None, "updates": [], "msg": ""}).job is None


def test_an_apply_without_changed_is_refused() -> None:
    with pytest.raises(ProtocolError, match="win_patch_apply: changed is missing; expected true or false"):
        parse_apply({"job": None})


def test_the_answer_of_a_restart_is_read() -> None:
    answer = {
        "changed": True,
        "restart": {"scheduled_at": "2026-11-23T16:20:00Z", "ours": True, "foreign": False},
        "pending_restart": {"required": True, "sources": {"cbs": True}},
        "told": 2,
        "boot_time": "2026-11-23T08:00:00Z",
        "msg": "scheduled",
    }
    report = parse_restart(answer)
    assert (report.restart.ours, report.told, report.pending_restart.deciding) == (True, 2, ("cbs",))
