# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What devices teach about how long an update takes: arithmetic alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.experience import (
    ENOUGH,
    Experience,
    Sample,
    learn,
    ninetieth,
)
from hypothesis import given
from hypothesis import strategies as st

MINUTE = timedelta(minutes=1)
lengths = st.lists(st.integers(1, 600).map(lambda number: number * MINUTE), min_size=1, max_size=60)


def samples(model: str, *minutes: int) -> list[Sample]:
    return [Sample("u1", model, number * MINUTE) for number in minutes]


def test_of_ten_installations_the_second_longest_is_the_expectation():
    assert ninetieth([number * MINUTE for number in (5, 6, 7, 8, 9, 10, 11, 12, 50, 300)]) == 50 * MINUTE


def test_a_percentile_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one length"):
        ninetieth([])


@given(lengths)
def test_nine_in_ten_do_not_exceed_the_expectation_and_no_shorter_one_has_that_property(found):
    expected = ninetieth(found)
    assert expected in found
    assert sum(one <= expected for one in found) * 10 >= 9 * len(found)
    assert all(sum(one <= shorter for one in found) * 10 < 9 * len(found) for shorter in found if shorter < expected)


@given(lengths, st.integers(0, 600))
def test_a_longer_installation_never_shortens_the_expectation(found, longer):
    slower = [*found[1:], max(found[0], longer * MINUTE)]
    assert ninetieth(slower) >= ninetieth(found)


def test_devices_of_the_same_model_teach_before_all_others():
    taught = learn([*samples("old", 60, 60, 60, 60, 60), *samples("new", 5, 5, 5, 5, 5)], {})
    assert taught.expected("u1", "old") == 60 * MINUTE
    assert taught.expected("u1", "new") == 5 * MINUTE
    assert taught.expected("u1", "another") == 60 * MINUTE, "nine in ten of all did not take longer"
    assert taught.expected("u1", "") == 60 * MINUTE


def test_fewer_than_five_installations_teach_nothing_about_a_model_and_nothing_at_all():
    assert ENOUGH == 5
    few = learn(samples("old", 60, 60, 60, 60), {})
    assert few == Experience()
    mixed = learn([*samples("old", 60, 60, 60, 60), *samples("", 5)], {})
    assert mixed.by_model == {}
    assert mixed.expected("u1", "old") == 60 * MINUTE, "five on all models"
    assert mixed.expected("u2", "old") is None
