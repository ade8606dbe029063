# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Layers over defaults: what wins, what merges, and where each value is said to come from."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.calendar import Window
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import RestartAfterInstall
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.defaults import DEFAULTS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, LoadedPolicy, load_policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.schema import KEYS, MAPS, READERS, WINDOWS

ALL = {"zone": "Europe/London", "install": {"windows": [{"days": "mon,wed,fri", "start": "16:00", "end": "20:00"}]}}


def load(*values: object) -> LoadedPolicy:
    return load_policy([Layer(f"layer {number}", value) for number, value in enumerate(values, 1)])


def test_the_defaults_alone_install_nothing_and_restart_nothing() -> None:
    policy = load_policy([]).policy
    assert policy.managed
    assert policy.install.windows == () and not policy.install.any_time and not policy.install.catch_up
    assert policy.restart.after_install is RestartAfterInstall.NEVER
    assert policy.restart.always_on is None and policy.restart.remind is None
    assert policy.severity.install == {Severity.MODERATE, Severity.IMPORTANT, Severity.CRITICAL}
    assert policy.severity.infer["Security Updates"] is Severity.IMPORTANT


def test_every_key_has_a_default_and_one_reader() -> None:
    assert sorted(DEFAULTS) == sorted([*READERS, *WINDOWS, *MAPS])


def test_every_origin_is_known() -> None:
    origins = load(ALL).origins
    assert {key for key in KEYS if key not in origins} == set()
    assert origins["zone"] == "layer 1"
    assert origins["scan.every"] == "default"


def test_a_later_layer_replaces_a_list_and_keeps_the_other_keys() -> None:
    laptops = {"install": {"windows": [{"days": ["tue"], "start": "16:00", "end": "20:00"}]}}
    loaded = load(ALL, laptops)
    assert loaded.policy.install.windows == (Window(frozenset({1}), time(16), time(20)),)
    assert loaded.policy.zone == ZoneInfo("Europe/London")
    assert loaded.origins["install.windows"] == "layer 2"
    assert loaded.origins["zone"] == "layer 1"


def test_mappings_merge_entry_by_entry() -> None:
    loaded = load(
        {"severity": {"overrides": {"KB5068861": "critical", "kb5068862": "low"}, "infer": {"Drivers": "moderate"}}},
        {"severity": {"overrides": {"KB5068862": "important"}}},
    )
    assert loaded.policy.severity.overrides == {"KB5068861": Severity.CRITICAL, "KB5068862": Severity.IMPORTANT}
    assert loaded.policy.severity.infer["Drivers"] is Severity.MODERATE
    assert loaded.policy.severity.infer["Update Rollups"] is Severity.IMPORTANT
    assert loaded.origins["severity.overrides.KB5068861"] == "layer 1"
    assert loaded.origins["severity.overrides.KB5068862"] == "layer 2"
    assert loaded.origins["severity.infer.Update Rollups"] == "default"


def test_null_returns_a_key_a_section_or_an_entry_to_its_default() -> None:
    first = {
        "managed": False,
        "scan": {"every": "2d", "retry": "5m"},
        "severity": {"overrides": {"KB5068861": "low"}, "infer": {"Security Updates": "critical"}},
    }
    second = {"managed": None, "scan": None, "severity": {"overrides": {"KB5068861": None}, "infer": None}}
    loaded = load(first, second)
    assert loaded.policy == load_policy([]).policy
    assert loaded.origins["scan.every"] == "default"


def test_a_whole_policy_of_null_returns_to_the_defaults() -> None:
    assert load(ALL, None).policy == load_policy([]).policy


def test_an_optional_section_is_on_when_given_and_off_again_with_null() -> None:
    windows = [{"days": "daily", "start": "16:00", "end": "18:00"}]
    remind = {"zone": "UTC", "restart": {"remind": {"windows": windows}}}
    on = load(remind).policy.restart.remind
    assert on is not None and "shut down" in on.message
    assert load(remind, {"restart": {"remind": None}}).policy.restart.remind is None


def test_a_setting_of_an_optional_section_alone_adds_to_the_layer_that_switched_it_on() -> None:
    windows = [{"days": ["sun"], "start": "02:00", "end": "05:00"}]
    loaded = load(
        {"zone": "UTC", "restart": {"always_on": {"windows": windows}}}, {"restart": {"always_on": {"every": "14d"}}}
    )
    assert loaded.policy.restart.always_on is not None
    assert loaded.policy.restart.always_on.every == timedelta(days=14)
    assert loaded.origins["restart.always_on.windows"] == "layer 1"


def test_an_empty_list_of_severities_is_a_choice_not_a_mistake() -> None:
    assert load({"severity": {"install": []}}).policy.severity.install == frozenset()


def test_windows_are_read_in_the_zone_that_a_later_layer_sets() -> None:
    rule = "DTSTART;TZID=America/Chicago:20261206T010000 RRULE:FREQ=WEEKLY"
    loaded = load(
        {"zone": "Europe/Rome"},
        {"install": {"windows": [{"rrule": rule, "duration": "4h"}]}},
        {"zone": "America/Chicago"},
    )
    assert loaded.policy.install.windows[0].rrule == rule


def test_a_replaced_window_is_judged_in_the_zone_of_its_own_layer() -> None:
    rule = "DTSTART;TZID=Europe/Rome:20261206T010000 RRULE:FREQ=WEEKLY"
    own = {"days": ["sun"], "start": "01:00", "end": "05:00"}
    load(
        {"zone": "Europe/Rome", "install": {"windows": [{"rrule": rule, "duration": "4h"}]}},
        {"zone": "America/Chicago", "install": {"windows": [own]}},
    )


def test_the_place_of_a_single_key_is_asked_of_its_layer() -> None:
    layer = Layer(
        "group all", {"zone": "UTC", "managed": True}, lambda path: "zones.yml" if path == ("zone",) else None
    )
    origins = load_policy([layer]).origins
    assert (origins["zone"], origins["managed"]) == ("zones.yml", "group all")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (["mon"], {0}),
        (["Mon", "FRI"], {0, 4}),
        ("mon,wed", {0, 2}),
        ("mon - fri", {0, 1, 2, 3, 4}),
        ("fri-mon", {4, 5, 6, 0}),
        (["sat-sun", "wed"], {2, 5, 6}),
        ("daily", set(range(7))),
    ],
)
def test_days_are_lists_ranges_or_daily(days: object, expected: set[int]) -> None:
    loaded = load({"zone": "UTC", "install": {"windows": [{"days": days, "start": "01:00", "end": "24:00"}]}})
    assert loaded.policy.install.windows == (Window(frozenset(expected), time(1), time(0)),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20m", timedelta(minutes=20)), ("1h30m", timedelta(hours=1.5)), ("1w", timedelta(7)), ("1d 12h", timedelta(1.5))],
)
def test_durations_are_numbers_with_units(text: str, expected: timedelta) -> None:
    assert load({"scan": {"every": text}}).policy.scan.every == expected


def test_sizes_are_decimal_or_binary_as_written() -> None:
    assert load({"install": {"min_free": "5GB"}}).policy.install.min_free_bytes == 5 * 10**9
    assert load({"install": {"min_free": "1.5 GiB"}}).policy.install.min_free_bytes == 3 * 2**29
    assert load({"install": {"min_free": 0}}).policy.install.min_free_bytes == 0


def test_what_a_template_gives_as_text_is_understood() -> None:
    loaded = load({"managed": "False", "retry": {"attempts": "3"}})
    assert not loaded.policy.managed
    assert loaded.policy.retry.attempts == 3
