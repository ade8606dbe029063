# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A policy with each kind of mistake gives one clear line each, and nothing runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.operator import Operator
from tests.e2e.fleets import UPDATES, catalogue, pc

# key with the mistake -> (what group_vars says, words that its line must hold: the value, and what is allowed)
WINDOW = {"days": ["mon"], "start": "16:00", "end": "20:00"}
POLICY: dict[str, Any] = {
    "zone": "Europe/Londn",
    "managed": "perhaps",
    "colour": "blue",
    "severity": {
        "install": ["critical", "urgent"],
        "infer": {"Security Updates": "grave"},
        "overrides": {"KB50x": "important"},
    },
    "scan": {"every": "daily", "evry": "1d"},
    "install": {
        "windows": [
            {"days": ["Tues"], "start": "16:00", "end": "20:00"},
            {**WINDOW, "start": 960},
            {**WINDOW, "end": "25:00"},
            {"rrule": "FREQ=SOMETIMES", "duration": "2h"},
            {"rrule": "FREQ=WEEKLY;BYDAY=TU;BYHOUR=20;BYMINUTE=0;BYSECOND=0"},
            {"days": [], "start": "16:00", "end": "20:00"},
        ],
        "catch_up": "later",
        "default_minutes": -5,
        "min_free": "five",
    },
    "retry": {"attempts": 0, "delay": "soon"},
    "restart": {
        "after_install": "sometimes",
        "users": "annoy",
        "countdown": 15,
        "always_on": {"every": "7d"},
        "remind": {"windows": []},
    },
    "declined": ["5068861"],
}
EXPECTED = {
    "zone": ("Europe/Londn", "Europe/London"),
    "managed": ("perhaps", "true"),
    "colour": ("not a key", "zone"),
    "severity.install[1]": ("urgent", "critical"),
    "severity.infer['Security Updates']": ("grave", "critical"),
    "severity.overrides": ("KB50x", "KB5068861"),
    "scan.every": ("daily", "7d"),
    "scan.evry": ("every",),
    "install.windows[0].days": ("Tues", "tue"),
    "install.windows[1].start": ("16:00", "quote"),
    "install.windows[2].end": ("25:00",),
    "install.windows[3].rrule": ("SOMETIMES",),
    "install.windows[4].duration": ("duration",),
    "install.windows[5].days": ("never opens", "mon"),
    "install.catch_up": ("later", "true"),
    "install.default_minutes": ("-5",),
    "install.min_free": ("five", "GB"),
    "retry.attempts": ("0", "1"),
    "retry.delay": ("soon", "15m"),
    "restart.after_install": ("sometimes", "never"),
    "restart.users": ("annoy", "defer"),
    "restart.countdown": ("15", "15m"),
    "restart.always_on": ("no windows",),
    "restart.remind": ("no windows",),
    "declined[0]": ("5068861", "KB"),
}


def test_each_kind_of_mistake_gives_one_clear_line_and_nothing_ran(lab_of: Callable[..., Operator]) -> None:
    lab = lab_of([pc()], start="2026-11-23T16:00:00+00:00", catalogue=catalogue(*UPDATES), policy={"desktops": POLICY})
    refused = lab.patrol(nightshift_now="2026-11-24T16:00:00+00:00")
    assert refused.code != 0
    lines = [line for line in refused.said.splitlines() if "nightshift_policy." in line]
    for key, words in EXPECTED.items():
        about = [line for line in lines if f": nightshift_policy.{key}:" in line]
        assert len(about) == 1, f"{key}: {len(about)} lines\n" + "\n".join(lines)
        assert about[0].startswith("group_vars/desktops/policy.yml:"), about[0]
        assert all(word in about[0] for word in words), about[0]
    assert not lab.truth(), "no device was touched"
    assert lab.now() == "2026-11-23T16:00:00+00:00", "the lab's clock was not moved either"
    assert not lab.ledger.exists(), "no ledger was made"
