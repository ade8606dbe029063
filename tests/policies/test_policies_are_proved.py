# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every sentence of the four policies has a test that says so, and docs/policies.md names it."""

from __future__ import annotations

from tests.policies.page import PAGE, page
from tests.policies.tagged import sentences, tagged


def test_every_sentence_and_every_worked_case_has_a_test() -> None:
    proved = {one for test in tagged() for one in test.ids}
    assert [one.id for one in sentences() if one.id not in proved and not one.later] == []


def test_no_test_names_a_sentence_that_does_not_exist() -> None:
    known = {one.id for one in sentences()}
    wrong = [f"{test.path}::{test.name}: {one}" for test in tagged() for one in test.ids if one not in known]
    assert wrong == []


def test_what_is_left_for_later_has_no_test_yet() -> None:
    proved = {one for test in tagged() for one in test.ids}
    assert [one.id for one in sentences() if one.later and one.id in proved] == [], "take away its `later`"


def test_the_page_says_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.policies.page"
