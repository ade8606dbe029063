# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""approvals.yml, exceptions.yml and the declaration of an emergency: what is read, and what is refused how."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.approvals import approvals_in, read_approvals
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.emergency import declaration
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.exceptions import (
    expired,
    read_exceptions,
    unknown_names,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import ApprovalState, Exemption, Scope

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
GOOD = "{update: KB5068861, decision: approve, by: ada, on: 2026-11-20, reason: tested}"
EXCEPTION = "{scope: patching, devices: [pc-001], reason: measuring, authorised_by: head of physics}"


def problems_of(text: str) -> list[str]:
    with pytest.raises(DecisionError) as caught:
        approvals_in(text, "approvals.yml")
    return str(caught.value).splitlines()


def refused(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "exceptions.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DecisionError) as caught:
        read_exceptions(file, "exceptions.yml")
    return str(caught.value).splitlines()


# approvals.yml


def test_an_entry_says_who_decided_what_when_why_from_when_until_when_and_for_whom():
    (entry,) = approvals_in(
        """
        - update: kb5068861
          decision: hold
          by: ada
          on: "2026-11-20T09:30:00+01:00"
          reason: printers fail
          expires: 2026-12-31
          rings: [canary, early]
        """,
        "approvals.yml",
    )
    said = entry.approval(ROME)
    assert (said.update, said.state, said.by, said.reason) == ("KB5068861", ApprovalState.HELD, "ada", "printers fail")
    assert said.on == datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
    assert said.expires == datetime(2027, 1, 1, tzinfo=ROME)  # the day itself included
    assert said.rings == {"canary", "early"}


def test_a_date_is_a_day_of_the_device_and_a_time_without_an_offset_its_wall_clock():
    (entry,) = approvals_in(f"- {GOOD[:-1]}, not_before: 2026-11-24, expires: '2026-12-01 18:00'}}", "approvals.yml")
    said = entry.approval(ROME)
    assert said.not_before == datetime(2026, 11, 24, tzinfo=ROME)
    assert said.expires == datetime(2026, 12, 1, 18, 0, tzinfo=ROME)


@pytest.mark.parametrize("text", ["", "---\n", "# nobody decided anything\n", "[]\n", "null\n"])
def test_a_file_without_entries_is_a_file_without_decisions(text):
    assert approvals_in(text, "approvals.yml") == ()


def test_all_problems_are_told_at_once_one_line_each_with_file_line_entry_value_and_what_was_expected():
    text = "\n".join(
        [
            "- update: '5068861'",
            "  decision: aprove",
            "  by: ada",
            "  on: yesterday",
            "  colour: blue",
            f"- {GOOD}",
            "- just words",
            "- {update: KB5068862, decision: decline, by: ada, on: 2026-11-20, reason: no, not_before: 2026-12-01}",
            "- {update: KB5068863, decision: hold, by: ada, on: 2026-11-20, reason: x, expires: 2026-13-45, rings: []}",
        ]
    )
    assert problems_of(text) == [
        "approvals.yml: line 5, approvals[0].colour: is not known here; use update, decision, by, on, reason, "
        "not_before, expires or rings",
        "approvals.yml: line 1, approvals[0].update: '5068861' is not the name of an update; write KB5068861",
        "approvals.yml: line 2, approvals[0].decision: 'aprove' is not one of approve, hold, decline; did you mean "
        "'approve'? use approve, hold or decline",
        "approvals.yml: line 4, approvals[0].on: 'yesterday' is not a date; use a date like 2026-12-31, or an instant "
        'like "2026-12-31T18:00:00+01:00"',
        "approvals.yml: line 1, approvals[0].reason: is missing; say why, in a sentence",
        "approvals.yml: line 7, approvals[2]: is not an entry; write a mapping, beginning with - update: KB5068861",
        "approvals.yml: line 8, approvals[3].reason: false is not a text; write a sentence in quotes",
        "approvals.yml: line 8, approvals[3].not_before: '2026-12-01' has no meaning beside decline; leave it out",
        "approvals.yml: line 9, approvals[4].expires: '2026-13-45' is not a value that can be read; put a text in "
        "quotes; a date is 2026-12-31",
        "approvals.yml: line 9, approvals[4].rings: [] names no ring, so the entry is about no device; name rings, or "
        "leave rings out",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("update: KB5068861", "is not a list"),
        ("- {update: KB5068861", "is not YAML"),
        ("- {}", "is empty"),
        (f"- {GOOD}\n---\n- {GOOD}", "is not YAML"),
        (f"- {GOOD[:-1]}, expires: 2026-11-19}}", "is not after on"),
        (f"- {GOOD[:-1]}, not_before: 2026-12-01, expires: 2026-11-30}}", "is not after not_before"),
        (f"- {GOOD[:-1]}, by: bob}}", "stands twice"),
        ("- !!python/object/apply:os.system ['true']", "is not an entry"),
        (f"- {GOOD[:-1]}, rings: !!python/name:os.system x}}", "is not a value"),
    ],
)
def test_what_is_no_file_of_approvals_says_why(text, words):
    assert any(words in line for line in problems_of(text))


@pytest.mark.parametrize("missing", ["by", "on", "reason", "decision", "update"])
def test_who_what_when_and_why_may_not_be_left_out(missing):
    given = {"update": "KB5068861", "decision": "approve", "by": "ada", "on": "2026-11-20", "reason": "tested"}
    text = "- {" + ", ".join(f"{key}: {value}" for key, value in given.items() if key != missing) + "}"
    (line,) = problems_of(text)
    assert f"approvals[0].{missing}: is missing" in line


def test_a_file_that_cannot_be_read_is_a_problem_and_not_an_empty_one(tmp_path):
    with pytest.raises(DecisionError, match="cannot be read"):
        read_approvals(tmp_path / "approvals.yml", "approvals.yml")


# exceptions.yml


@pytest.mark.policy("campus 6a")
@pytest.mark.parametrize(("key", "expected"), [("reason", "reason"), ("authorised_by", "head of unit")])
@pytest.mark.parametrize("value", ["", "''", "~", None])
def test_campus_6_an_exception_without_a_reason_or_an_authoriser_is_refused(tmp_path, key, expected, value):
    given = {"scope": "patching", "devices": "[pc-001]", "reason": "measuring", "authorised_by": "head"}
    given = {**given, key: value} if value is not None else {k: v for k, v in given.items() if k != key}
    (line,) = refused(tmp_path, "- {" + ", ".join(f"{k}: {v}" for k, v in given.items()) + "}")
    assert line.startswith(f"exceptions.yml: line 1, exceptions[0].{key}: is missing; ")
    assert expected in line


def test_an_exception_names_scopes_devices_groups_and_its_end(tmp_path):
    file = tmp_path / "exceptions.yml"
    file.write_text(
        """
        - scope: [patching, restarts]
          groups: [physics]
          devices: pc-007
          reason: a measurement runs
          authorised_by: head of physics
          expires: 2026-12-31
        """,
        encoding="utf-8",
    )
    (entry,) = read_exceptions(file, file.name)
    assert entry.concerns("pc-007", []) and entry.concerns("pc-001", ["all", "physics"])
    assert not entry.concerns("pc-001", ["all"])
    ends = datetime(2027, 1, 1, tzinfo=ROME)
    assert entry.exemptions(ROME) == (
        Exemption(Scope.PATCHING, "a measurement runs", "head of physics", ends),
        Exemption(Scope.RESTARTS, "a measurement runs", "head of physics", ends),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{scope: patching, reason: r, authorised_by: a}", "names neither devices nor groups"),
        ("{scope: update, devices: [x], reason: r, authorised_by: a}", "needs the KB or id"),
        ("{scope: patching, update: KB5068861, devices: [x], reason: r, authorised_by: a}", "without the scope update"),
        ("{scope: all, devices: [x], reason: r, authorised_by: a}", "patching, update, restarts or cloning"),
        ("{scope: patching, devices: [x], reason: r, authorised_by: a, until: 2026-12-31}", "is not known here"),
        ("{scope: patching, devices: [x], reason: r, authorised_by: a, expires: soon}", "is not a date"),
    ],
)
def test_what_is_wrong_with_an_exception_is_told(tmp_path, text, words):
    assert any(words in line for line in refused(tmp_path, f"- {text}"))


@pytest.mark.policy("campus 6b")
def test_campus_6_expired_exceptions_stay_listable_the_last_one_first(tmp_path):
    file = tmp_path / "exceptions.yml"
    lines = [f"- {EXCEPTION[:-1]}, expires: {end}}}" for end in ("2026-11-01", "2026-11-20", "2026-12-31")]
    file.write_text("\n".join([*lines, f"- {EXCEPTION}"]), encoding="utf-8")
    entries = read_exceptions(file, file.name)
    assert [str(entry.expires) for entry in expired(entries, NOW)] == ["2026-11-20", "2026-11-01"]


def test_an_exception_for_a_device_that_the_inventory_does_not_have_is_told_while_it_holds(tmp_path):
    file = tmp_path / "exceptions.yml"
    spent = EXCEPTION.replace("pc-001", "pc-99")[:-1] + ", expires: 2026-11-01}"
    file.write_text(f"- {EXCEPTION.replace('pc-001', 'pc-01')}\n- {spent}", encoding="utf-8")
    found = unknown_names(read_exceptions(file, file.name), file.name, {"all": ["pc-001"], "ungrouped": []}, NOW)
    assert [str(one) for one in found] == [
        "exceptions.yml: exceptions[0].devices: 'pc-01' is not a device of this inventory; did you mean 'pc-001'? "
        "correct it, or let the exception expire"
    ]


# Emergencies

URGENT = {"updates": ["KB5068861"], "reason": "exploited", "authorised_by": "ciso"}


@pytest.mark.parametrize("raw", [URGENT, "{updates: [KB5068861], reason: exploited, authorised_by: ciso}"])
def test_an_emergency_is_a_mapping_or_the_text_of_one_and_ends_after_a_day(raw):
    declared = declaration(raw, NOW).at(NOW)
    assert (declared.updates, declared.reason, declared.authorised_by) == ({"KB5068861"}, "exploited", "ciso")
    assert declared.expires == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("expires", "ends"),
    [
        ("12h", NOW + timedelta(hours=12)),
        ("2d", NOW + timedelta(days=2)),
        ("2026-11-24T18:00:00+01:00", datetime(2026, 11, 24, 17, 0, tzinfo=UTC)),
    ],
)
def test_an_emergency_ends_after_a_span_or_at_an_instant(expires, ends):
    assert declaration({**URGENT, "expires": expires}, NOW).at(NOW).expires == ends


def test_saying_the_same_again_is_the_same_emergency():
    assert declaration(URGENT, NOW).id == declaration(dict(reversed(URGENT.items())), NOW + timedelta(days=3)).id
    assert declaration(URGENT, NOW).id != declaration({**URGENT, "reason": "exploited more"}, NOW).id


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("now!", ["is not a mapping"]),
        ({"updates": []}, ["names no update", "reason: is missing", "authorised_by: is missing"]),
        ({**URGENT, "updates": "KB5068861"}, ["is not a list"]),
        ({**URGENT, "expires": "2026-11-24T18:00:00"}, ["has no offset"]),
        ({**URGENT, "expires": "60d"}, ["is too long; use 14d or less"]),
        ({**URGENT, "expires": "2027-11-24T18:00:00Z"}, ["is too far away"]),
        ({**URGENT, "expires": 12}, ["is not an end"]),
        ({**URGENT, "why": "x"}, ["is not known here"]),
    ],
)
def test_what_is_wrong_with_an_emergency_is_told(raw, words):
    with pytest.raises(DecisionError) as caught:
        declaration(raw, NOW)
    assert len(caught.value.problems) == len(words)
    for problem, expected in zip(caught.value.problems, words, strict=True):
        assert str(problem).startswith("nightshift_emergency: ")
        assert expected in str(problem)


@pytest.mark.parametrize("raw", [None, ""])
def test_without_the_variable_there_is_no_emergency(raw):
    assert declaration(raw, NOW) is None
