# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""docs/policy.md says what the loader does: every key, every default, every example, every message."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.defaults import DEFAULTS
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, PolicyError, load_policy

TEXT = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([^|]+) \|", TEXT, re.MULTILINE))
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


def test_every_key_has_its_row_in_the_order_of_the_policy() -> None:
    assert list(ROWS) == list(DEFAULTS)


@pytest.mark.parametrize("key", [key for key in DEFAULTS if key != "severity.infer"])
def test_the_row_shows_the_default(key: str) -> None:
    assert json.loads(ROWS[key].strip(" `")) == DEFAULTS[key]


def test_the_categories_shown_are_the_default_ones() -> None:
    shown = next(found for found in map(yaml.safe_load, EXAMPLES) if "severity" in found["nightshift_policy"])
    assert shown["nightshift_policy"]["severity"]["infer"] == DEFAULTS["severity.infer"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_can_be_loaded(example: str) -> None:
    load_policy([Layer("docs/policy.md", yaml.safe_load(example)["nightshift_policy"])])


def test_every_message_shown_is_one_that_is_given() -> None:
    layers = [
        Layer("group_vars/laptops.yml", {"install": {"windows": [
            {"days": ["mon"], "start": 960, "end": "20:00"}, {"days": ["Tues"], "start": "16:00", "end": "20:00"}]}}),
        Layer("group_vars/all.yml", {"zone": "Europe/Londn"}),
        Layer("host_vars/pc-017.yml", {"mananged": False}),
    ]  # fmt: skip
    with pytest.raises(PolicyError) as caught:
        load_policy(layers)
    shown = re.findall(
        r"^(?:group|host)_vars/.*$", TEXT.partition("## Mistakes")[2].partition("Refused")[0], re.MULTILINE
    )
    assert len(shown) == 4
    assert set(shown) == set(str(caught.value).splitlines())
