# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run goes by what people decided: read when it opens, recorded once, asked anew where it changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import FixedClock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import (
    Written,
    concerning,
    gather,
    read_written,
    reminders,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import Found, open_session
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import (
    Member,
    Purpose,
    Session,
    SessionFolder,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import ApprovalState, Scope
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device, DeviceState, Update
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GROUPS = {"all": ["pc-001", "pc-002"], "physics": ["pc-002"]}
GROUPS_OF = {"pc-001": ("all",), "pc-002": ("all", "physics")}
URGENT = {"updates": ["KB5068861"], "reason": "exploited", "authorised_by": "ciso"}
APPROVED = "- {update: KB5068861, decision: approve, by: ada, on: 2026-11-20, reason: tested}\n"
HELD = "- {update: KB5068861, decision: hold, by: bob, on: 2026-11-21, reason: printers fail}\n"
EXCEPTED = "- {scope: [patching], groups: [physics], reason: measuring, authorised_by: head}\n"


def written(folder: Path, now: datetime = NOW, emergency: object = None, **paths: str) -> Written:
    options: dict[str, Any] = {"approvals": None, "exceptions": None, **paths}
    return read_written(**options, emergency=emergency, inventory_dir=str(folder), groups=GROUPS, now=now)


def opened(folder: Path, what: Written, now: datetime = NOW, rehearsal: bool = False) -> Session:
    """Open a run over two devices with what people decided."""
    (folder / "run").mkdir(exist_ok=True)
    policy = load_policy([])
    members = {name: Member(Device(name), "127.0.0.9", 5986, "policy") for name in GROUPS_OF}
    return open_session(
        purpose=Purpose.PATROL,
        rehearsal=rehearsal,
        ledger=f"sqlite:///{folder / 'ledger.sqlite'}",
        clock=FixedClock(now),
        stay=timedelta(),
        budget=HOUR,
        poll=timedelta(minutes=1),
        found=Found(members, {"policy": policy}),
        folder=SessionFolder(str(folder / "run")),
        written=what,
        groups=GROUPS_OF,
    )


def trail(folder: Path) -> list[tuple[str, str]]:
    with open_ledger(f"sqlite:///{folder / 'ledger.sqlite'}").read() as tx:
        return [(line.actor, line.event) for line in tx.audit_trail()]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect the statements that reach a database."""
    said: list[str] = []

    def listen(conn: object, cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)


def test_without_files_nobody_decided_anything(tmp_path: Path) -> None:
    assert written(tmp_path) == Written(
        sources={name: f"{tmp_path.name}/{name}s.yml" for name in ("approval", "exception")}
    )


def test_the_files_lie_beside_the_inventory_and_a_relative_path_begins_there(tmp_path: Path) -> None:
    (tmp_path / "approvals.yml").write_text(APPROVED, encoding="utf-8")
    (tmp_path / "other.yml").write_text(HELD, encoding="utf-8")
    assert [one.by for one in written(tmp_path).approvals] == ["ada"]
    assert [one.by for one in written(tmp_path, approvals="other.yml").approvals] == ["bob"]
    assert [one.by for one in written(tmp_path / "x", approvals=str(tmp_path / "other.yml")).approvals] == ["bob"]


def test_a_file_that_was_named_and_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match=r"gone\.yml: cannot be read"):
        written(tmp_path, approvals="gone.yml")


def test_the_mistakes_of_all_files_and_of_the_emergency_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "approvals.yml").write_text("- {update: KB1}\n", encoding="utf-8")
    (tmp_path / "exceptions.yml").write_text(EXCEPTED.replace("physics", "phisics"), encoding="utf-8")
    with pytest.raises(DecisionError) as caught:
        written(tmp_path, emergency={"updates": ["KB5068861"], "reason": "x"})
    files = {str(problem).partition(":")[0] for problem in caught.value.problems}
    assert files == {"approvals.yml", "exceptions.yml", "nightshift_emergency"}


@pytest.mark.policy("enterprise 4b")
def test_what_was_edited_in_git_by_hand_enters_the_audit_trail_once(tmp_path: Path) -> None:
    (tmp_path / "approvals.yml").write_text(APPROVED, encoding="utf-8")
    (tmp_path / "exceptions.yml").write_text(EXCEPTED, encoding="utf-8")
    for _ in range(3):
        opened(tmp_path, written(tmp_path))
    (tmp_path / "approvals.yml").write_text(APPROVED + HELD, encoding="utf-8")
    opened(tmp_path, written(tmp_path))
    assert trail(tmp_path) == [("ada", "approved"), ("head", "excepted"), ("bob", "held")]


def test_a_rehearsal_leaves_no_trace_of_decisions(tmp_path: Path) -> None:
    opened(tmp_path, written(tmp_path))
    (tmp_path / "approvals.yml").write_text(APPROVED, encoding="utf-8")
    session = opened(tmp_path, written(tmp_path, emergency=URGENT), rehearsal=True)
    assert len(session.decided.people.emergencies) == 1
    assert trail(tmp_path) == []


def test_devices_are_asked_anew_when_a_decision_changes_and_not_otherwise(tmp_path: Path) -> None:
    nothing = opened(tmp_path, written(tmp_path)).members["pc-001"].policy
    (tmp_path / "approvals.yml").write_text(APPROVED, encoding="utf-8")
    first = opened(tmp_path, written(tmp_path)).members["pc-001"].policy
    again = opened(tmp_path, written(tmp_path), NOW + HOUR).members["pc-001"].policy
    urgent = opened(tmp_path, written(tmp_path, emergency=URGENT)).members["pc-001"].policy
    assert nothing == "policy"
    assert first == again
    assert len({nothing, first, urgent}) == 3
    assert opened(tmp_path, written(tmp_path)).policies.keys() == {urgent}, "it is in force without being said again"


@pytest.mark.policy("campus 4d")
def test_campus_4_an_emergency_is_recorded_and_counts_for_later_patrols_until_it_expires(tmp_path: Path) -> None:
    opened(tmp_path, written(tmp_path, emergency={**URGENT, "expires": "4h"}))
    later = opened(tmp_path, written(tmp_path), NOW + 3 * HOUR).decided.people.emergencies
    assert [(one.authorised_by, one.expires) for one in later] == [("ciso", NOW + 4 * HOUR)]
    assert opened(tmp_path, written(tmp_path), NOW + 4 * HOUR).decided.people.emergencies == ()
    assert trail(tmp_path) == [("ciso", "emergency_declared")]


def test_an_emergency_that_stays_in_a_schedule_does_not_prolong_itself(tmp_path: Path) -> None:
    opened(tmp_path, written(tmp_path, emergency=URGENT))
    for hours in (12, 24, 48):
        now = NOW + hours * HOUR
        people = opened(tmp_path, written(tmp_path, now, emergency=URGENT), now).decided.people
        assert [one.expires for one in people.emergencies] == ([NOW + 24 * HOUR] if hours < 24 else [])


def test_an_emergency_that_is_over_before_it_is_declared_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="is over, and was never declared before"):
        opened(tmp_path, written(tmp_path, emergency={**URGENT, "expires": "2026-11-23T11:00:00Z"}))


@pytest.mark.policy("campus 6a")
def test_an_exception_concerns_the_devices_and_groups_that_it_names_from_file_and_ledger(tmp_path: Path) -> None:
    (tmp_path / "exceptions.yml").write_text(EXCEPTED, encoding="utf-8")
    opened(tmp_path, written(tmp_path))
    entry = {"scope": ["restarts"], "devices": ["pc-001"], "reason": "exam", "authorised_by": "dean"}
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").begin() as tx:
        tx.decisions.record_exception(entry, NOW)
        people = gather(tx, written(tmp_path), GROUPS_OF, NOW)
        policy = load_policy([]).policy
        found = {
            name: [one.scope for one in concerning(tx, people, Device(name), policy, DeviceState(NOW)).exemptions]
            for name in GROUPS_OF
        }
    assert found == {"pc-001": [Scope.RESTARTS], "pc-002": [Scope.PATCHING]}


@pytest.mark.policy("campus 6b")
def test_campus_6_every_patrol_reminds_of_exceptions_that_have_expired_and_of_emergencies_that_have_not(
    tmp_path: Path,
) -> None:
    spent = EXCEPTED[:-2] + ", expires: 2026-11-20}\n"
    (tmp_path / "exceptions.yml").write_text(spent + EXCEPTED, encoding="utf-8")
    session = opened(tmp_path, written(tmp_path, emergency=URGENT))
    assert reminders(session.decided.people, NOW) == [
        "exception expired 2026-11-20: physics (patching), authorised by head",
        "emergency until Tue 2026-11-24 12:00 UTC: KB5068861, declared by ciso",
    ]
    assert len(reminders(session.decided.people, NOW + 24 * HOUR)) == 1


def test_dates_are_days_of_the_devices_own_zone(tmp_path: Path) -> None:
    (tmp_path / "approvals.yml").write_text(APPROVED[:-2] + ", not_before: 2026-12-01}\n", encoding="utf-8")
    opened(tmp_path, written(tmp_path))
    state = DeviceState(NOW, missing=(Update("u", kbs=("KB5068861",)),))
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").read() as tx:
        people = gather(tx, written(tmp_path), GROUPS_OF, NOW)
        found = {}
        for zone in ("UTC", "Europe/Rome"):
            policy = load_policy([Layer("x", {"zone": zone})]).policy
            (said,) = concerning(tx, people, Device("pc-001"), policy, state).approvals
            assert said.state is ApprovalState.APPROVED and said.not_before is not None
            found[zone] = said.not_before.astimezone(UTC)
    assert found["UTC"] - found["Europe/Rome"] == HOUR


def test_the_ledger_is_asked_about_lineages_only_where_they_count(tmp_path: Path) -> None:
    (tmp_path / "approvals.yml").write_text(APPROVED, encoding="utf-8")
    opened(tmp_path, written(tmp_path))
    state = DeviceState(NOW, missing=(Update("u", kbs=("KB5068861",), supersedes=("old",)),))
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").read() as tx:
        people = gather(tx, written(tmp_path), GROUPS_OF, NOW)
        asked = {}
        for name, approval in {
            "required": {"required": True},
            "follows": {"required": True, "follow_supersedence": True},
            "delays": {"delay": "3d"},
        }.items():
            policy = load_policy([Layer("x", {"approval": approval})]).policy
            with counted() as statements:
                concerning(tx, people, Device("pc-001"), policy, state)
            asked[name] = len(statements)
    assert asked == {"required": 0, "follows": 1, "delays": 2}
