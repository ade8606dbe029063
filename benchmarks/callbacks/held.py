# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long each task held its worker, for the benchmark."""

from __future__ import annotations

DOCUMENTATION = r"""
name: held
type: notification
short_description: Writes how long tasks held their workers
description:
  - For each action, how often it ran, how long the longest took and how long all took, in seconds, as JSON.
options:
  file:
    description: Where to write it.
    type: path
    required: true
    env:
      - name: BENCHMARK_HELD
"""

import json
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Times every task of every host, from the fork of its worker to the arrival of its result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "held"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Start with nothing timed."""
        super().__init__()
        self._begun: dict[str, float] = {}
        self._held: dict[str, dict[str, float]] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A worker was given to this host."""
        self._begun[host.get_name()] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        """The worker is free again."""
        begun = self._begun.pop(result._host.get_name(), None)
        if begun is None:
            return
        action = str(result._task.action).rpartition(".")[2]
        took = time.monotonic() - begun
        known = self._held.setdefault(action, {"count": 0, "longest": 0.0, "sum": 0.0})
        known["count"] += 1
        known["longest"] = max(known["longest"], took)
        known["sum"] += took

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """The same."""
        self.v2_runner_on_ok(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """The same."""
        self.v2_runner_on_ok(result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write it down."""
        Path(self.get_option("file")).write_text(json.dumps(self._held), encoding="utf-8")
