# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A decision that is written into approvals.yml leaves everything else in the file as it is."""

from __future__ import annotations

import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.approvals import (
    ApprovalEntry,
    Verb,
    approvals_in,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.moments import Moment
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.problem import DecisionError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.decided.writing import appended, said_already
from ansible_collections.nightshift.fleet.plugins.plugin_utils.documents.whole import write
from hypothesis import given, settings
from hypothesis import strategies as st

NEW = ApprovalEntry("KB5068861", Verb.APPROVE, "ada", Moment(datetime(2026, 11, 23, 10, tzinfo=UTC)), "tested: well")
FILES = {
    "empty": "",
    "a comment": "# What we decided\n",
    "a document mark": "---\n# What we decided\n",
    "an empty list": "--- []\n",
    "an empty list with a comment": "# none\n[]  # yet\n",
    "entries": "- {update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}  # why: see 17\n",
    "no newline at the end": "- {update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}",
    "an indented list": "# c\n  - update: KB506886\n    decision: hold\n    by: b\n    on: 2026-11-20\n    reason: x\n",
    "windows line ends": "# c\r\n- {update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}\r\n",
    "blank lines at the end": "- {update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}\n\n\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_entry_comes_last_and_every_line_before_it_stays(text: str) -> None:
    after = appended(text, NEW, "approvals.yml")
    assert approvals_in(after, "approvals.yml") == (*approvals_in(text, "approvals.yml"), NEW)
    kept = [line for line in text.splitlines() if line.strip() and "[]" not in line]
    assert after.splitlines()[: len(kept)] == kept
    assert all(comment in after for comment in ("# yet", "# none") if comment in text)


@pytest.mark.parametrize(
    "text",
    [
        "[{update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}]\n",
        "- {update: KB5068860, decision: hold, by: bob, on: 2026-11-20, reason: x}\n...\n",
        "- {update: KB50, decision: hold}\n",
    ],
)
def test_a_file_to_which_nothing_can_be_added_is_refused_and_not_mangled(text: str) -> None:
    with pytest.raises(DecisionError):
        appended(text, NEW, "approvals.yml")


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
dates = st.dates(date(2020, 1, 1), date(2090, 1, 1)).map(Moment)
drawn = st.builds(
    ApprovalEntry,
    st.sampled_from(["KB5068861", "KB5068860", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"]),
    st.sampled_from(Verb),
    words,
    dates,
    words,
    rings=st.frozensets(words, max_size=3),
)


@settings(max_examples=40)
@given(st.lists(drawn, max_size=5), st.sampled_from(list(FILES.values())))
def test_whatever_people_write_is_read_back_as_it_was_meant(entries: list[ApprovalEntry], text: str) -> None:
    before = approvals_in(text, "approvals.yml")
    for entry in entries:
        text = appended(text, entry, "approvals.yml")
    assert approvals_in(text, "approvals.yml") == (*before, *entries)


def test_the_same_decision_again_changes_nothing_and_a_day_later_neither() -> None:
    later = ApprovalEntry("KB5068861", Verb.APPROVE, "ada", Moment(date(2026, 11, 30)), "tested: well")
    assert said_already(later, [NEW])


@pytest.mark.parametrize(
    "other",
    [
        {"decision": Verb.HOLD},
        {"by": "bob"},
        {"reason": "another"},
        {"expires": Moment(date(2027, 1, 1))},
        {"rings": frozenset({"canary"})},
    ],
)
def test_another_decision_in_between_makes_it_a_new_one(other: dict[str, object]) -> None:
    from dataclasses import replace

    assert not said_already(replace(NEW, **other), [NEW])  # type: ignore[arg-type]
    changed = replace(NEW, on=Moment(date(2026, 11, 24)), **other)  # type: ignore[arg-type]
    assert said_already(NEW, [NEW, changed]) is (changed.rings != NEW.rings)


def test_the_file_is_replaced_whole_and_keeps_its_permissions(tmp_path: Path) -> None:
    file = tmp_path / "approvals.yml"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o640)
    write(file, "new\n")
    assert (file.read_text(encoding="utf-8"), stat.S_IMODE(file.stat().st_mode)) == ("new\n", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["approvals.yml"]
