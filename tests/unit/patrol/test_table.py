# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table that ends a patrol."""

from __future__ import annotations

from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Word
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.table import summarise


def test_every_device_is_counted_once_in_the_column_where_it_stands() -> None:
    words = {
        "a": Word("a", "settled", "", counts={"restart": 1}),
        "b": Word("b", "waiting", "", counts={"parked": 1}),
        "c": Word("c", "offline", "refused"),
        "d": Word("d", "working", ""),
    }
    summary = summarise(words, {"a": "desktop", "b": "desktop", "c": "laptop", "d": "laptop"})
    assert dict(summary.rows["desktop"]) == {"devices": 2, "up to date": 1, "waiting": 1, "restart": 1, "parked": 1}
    assert dict(summary.rows["laptop"]) == {"devices": 2, "offline": 1, "busy": 1, "restart": 0, "parked": 0}
    assert not summary.attention


def test_a_device_that_said_nothing_is_never_counted_as_fine() -> None:
    summary = summarise({}, {"a": "server"})
    assert summary.rows["server"]["attention"] == 1
    assert summary.attention == ["a: the round broke off before it was asked"]


def test_the_lines_align_and_end_with_the_total() -> None:
    lines = summarise({"a": Word("a", "settled", "")}, {"a": "desktop"}).lines()
    assert len({len(line) for line in lines}) == 1
    assert lines[-1].startswith("total") and " 1 " in lines[-1]
