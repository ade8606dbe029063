# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's AWX takes, shows and refuses what a real AWX 24.6.1 did; where its recording is at hand, exactly that."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.awx import rrules
from lab.awx.answers import shown
from lab.awx.facts import kinds
from lab.awx.judge import judge
from lab.awx.seed import fresh
from lab.awx.store import ADMIN, Refused, Store

RECORDED = Path(os.environ.get("NIGHTSHIFT_VENDOR_DATA", "/nonexistent")) / "awx-24.6.1"
THEN = datetime(2026, 11, 21, 8, 50, tzinfo=UTC)  # when the previews were recorded, within a quarter of an hour
recorded = pytest.mark.skipif(
    not RECORDED.is_dir(),
    reason="the answers of a real AWX are not here: set NIGHTSHIFT_VENDOR_DATA to the folder above awx-24.6.1",
)
START = "DTSTART;TZID=Europe/Paris:20261201T220000"


def load(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def store() -> Store:
    return fresh(["playbooks/patrol.yml"]).store


def refusal(store: Store, kind: str, request: dict[str, Any]) -> tuple[int, Any]:
    with pytest.raises(Refused) as refused:
        judge(store, kinds()[kind], request)
    return refused.value.status, refused.value.body


@recorded
@pytest.mark.parametrize("name", sorted(kinds()))
def test_the_fields_of_a_kind_are_those_that_awx_names(name: str) -> None:
    said = load(f"options-{name}")["actions"]["POST"]
    fields = kinds()[name].fields
    assert set(fields) == set(said)
    for field, told in said.items():
        known = fields[field]
        assert (known.type, known.required) == (told["type"], bool(told.get("required")))
        assert known.choices == tuple(choice[0] for choice in told.get("choices") or ())
        assert (known.longest, known.least, known.most) == tuple(
            told.get(key) for key in ("max_length", "min_value", "max_value")
        )
        if field not in ("pod_spec_override", "identifier", "messages"):
            assert known.default == told.get("default")
    assert [f"{role}_role" for role in kinds()[name].roles] == (load(f"options-{name}").get("object_roles") or [])


@recorded
@pytest.mark.parametrize("name", sorted(path.stem.removeprefix("list-") for path in RECORDED.glob("list-*.json")))
def test_an_answer_has_the_keys_that_awx_shows(name: str) -> None:
    kind = kinds()[name]
    ours = {"id", "type", "url", "related", "summary_fields", "created", "modified", *kind.fields, *kind.shown}
    hidden = {field for field, said in kind.fields.items() if said.write_only}
    for row in load(f"list-{name}")["results"]:
        assert set(row) == ours - hidden
        assert row["type"] == kind.one
        links = set(kind.associations) - {"instances"}
        assert links <= set(row["related"]), "what can be associated is linked"


@recorded
def test_what_awx_refused_is_refused_in_the_same_words(store: Store) -> None:
    for kind, said in load("refused").items():
        if kind == "schedules":
            given = {"organization": None, "allow_simultaneous": False, "survey_enabled": False}
            store.add(kinds()["workflow_job_templates"], {"name": "w", **given})
        assert refusal(store, kind, said["request"]) == (said["status"], said["answer"]), kind


@recorded
def test_rules_are_previewed_and_refused_as_awx_did() -> None:
    for one in load("schedules-preview"):
        said = rrules.faults(one["rrule"])
        if one["status"] == 400:
            assert said == one["answer"]["rrule"], one["rrule"]
            continue
        assert said == [], one["rrule"]
        coming = rrules.preview(one["rrule"], THEN)
        assert [moment.astimezone(UTC) for moment in coming] == [
            datetime.fromisoformat(moment) for moment in one["answer"]["utc"]
        ], one["rrule"]


@pytest.mark.parametrize(
    ("kind", "request_", "field", "words"),
    [
        ("organizations", {}, "name", "This field is required."),
        ("organizations", {"name": "x" * 513}, "name", "Ensure this field has no more than 512 characters."),
        ("organizations", {"name": "x", "max_hosts": -1}, "max_hosts", "greater than or equal to 0"),
        ("inventories", {"name": "x", "organization": 99999}, "organization", 'Invalid pk "99999"'),
        ("projects", {"name": "x", "scm_type": "svn2"}, "scm_type", '"svn2" is not a valid choice.'),
        ("job_templates", {"name": "x"}, "project", "Job Templates must have a project assigned."),
        ("execution_environments", {"name": "x", "image": "i", "pull": "now"}, "pull", "is not a valid choice."),
        ("teams", {"name": "x", "organization": None}, "organization", "This field may not be null."),
    ],
)
def test_a_field_that_awx_does_not_take_is_named(
    store: Store, kind: str, request_: dict[str, Any], field: str, words: str
) -> None:
    status, body = refusal(store, kind, request_)
    assert status == 400 and words in body[field][0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("nonsense", "Valid DTSTART required in rrule."),
        ("DTSTART:20261201T220000 RRULE:FREQ=DAILY;INTERVAL=1", "DTSTART cannot be a naive datetime."),
        (f"{START} RRULE:FREQ=DAILY", "INTERVAL required in rrule"),
        (f"{START} RRULE:FREQ=MONTHLY;INTERVAL=1;BYDAY=2TU", "BYDAY with numeric prefix not supported"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1000", "COUNT > 999 is unsupported"),
        (f"{START} RRULE:FREQ=SECONDLY;INTERVAL=1", "SECONDLY is not supported"),
        (f"{START} RRULE:FREQ=DAILY;INTERVAL=1 EXDATE:20261202T220000Z", "EXDATE not allowed in rrule."),
        (f"{START} {START} RRULE:FREQ=DAILY;INTERVAL=1", "Multiple DTSTART is not supported."),
        ("DTSTART;TZID=Europe/Nowhere:20261201T220000 RRULE:FREQ=DAILY;INTERVAL=1", "A valid TZID must be provided"),
    ],
)
def test_a_rule_that_awx_does_not_take_is_refused(rule: str, words: str) -> None:
    assert any(words in said for said in rrules.faults(rule))


def test_a_local_time_that_does_not_exist_is_not_fired_and_one_that_comes_twice_is_fired_once() -> None:
    spring = "DTSTART;TZID=America/Chicago:20270313T023000 RRULE:FREQ=DAILY;INTERVAL=1"
    shown_ = rrules.preview(spring, datetime(2027, 3, 13, tzinfo=UTC))
    assert [f"{moment:%d %H:%M}" for moment in shown_[:2]] == ["13 02:30", "15 02:30"]
    autumn = "DTSTART;TZID=America/Chicago:20271106T013000 RRULE:FREQ=DAILY;INTERVAL=1"
    night = rrules.fires(autumn, datetime(2027, 11, 7, tzinfo=UTC), datetime(2027, 11, 8, tzinfo=UTC))
    assert night == [datetime(2027, 11, 7, 6, 30, tzinfo=UTC)]


def test_a_secret_is_never_shown_and_one_that_is_sent_back_hidden_stays(store: Store) -> None:
    organization = store.add(kinds()["organizations"], judge(store, kinds()["organizations"], {"name": "x"}))["id"]
    machine = store.named("credential_types", "Machine")["id"]
    kind = kinds()["credentials"]
    given = {"name": "c", "organization": organization, "credential_type": machine}
    row = store.add(kind, judge(store, kind, {**given, "inputs": {"username": "u", "password": "hunter2"}}))
    assert shown(store, kind, row)["inputs"] == {"username": "u", "password": "$encrypted$"}
    row |= judge(store, kind, {"inputs": {"username": "v", "password": "$encrypted$"}}, row)
    assert row["inputs"] == {"username": "v", "password": "hunter2"}
    status, body = refusal(store, "credentials", {**given, "name": "d", "inputs": {"pin": "1"}})
    assert status == 400 and "'pin' was unexpected" in body["inputs"][0]


def test_only_the_administrator_begins_with_every_right() -> None:
    server = fresh()
    assert server.store.named("users", ADMIN)["is_superuser"]
    assert len(server.store.rows["users"]) == 1
