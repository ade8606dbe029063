# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an operator sees of a patrol."""

from __future__ import annotations

DOCUMENTATION = r"""
name: patrol
author: Nightshift contributors (@nightshift)
type: stdout
short_description: Progress of a patrol, and a table by device class at its end
version_added: 0.1.0
description:
  - Use it as the standard output of the playbooks nightshift.fleet.patrol and nightshift.fleet.scan,
    which have thousands of task results.
  - On a terminal one live line tells round, time, how many devices were asked, work, are offline and how many are left.
    In a log there is one plain line a round.
  - With C(-v) every device's line is shown, in a rehearsal (C(--check)) also without it.
  - Of the playbook nightshift.fleet.reimage it shows what each step found, and one live line of the transfer.
  - What is not part of a patrol is shown as P(ansible.builtin.default#callback) shows it.
requirements:
  - Set it as standard output, for example with E(ANSIBLE_STDOUT_CALLBACK=nightshift.fleet.patrol).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import shutil
import sys
from collections import Counter
from datetime import datetime
from typing import Any

from ansible.plugins.callback.default import CallbackModule as Default

ROUND = "nightshift.fleet.patrol_round"
CLOSE = "nightshift.fleet.patrol_close"
EXPLAIN = "nightshift.fleet.patrol_explain"
ASK = "nightshift.fleet.patrol_ask"
ROOM_RUN = "nightshift.fleet.room_run"
ROOM_SEAT = "nightshift.fleet.room_seat"
OURS = (ROUND, ASK, CLOSE, EXPLAIN, ROOM_RUN, ROOM_SEAT)
INCLUDE = "ansible.builtin.include_tasks"


class CallbackModule(Default):  # type: ignore[misc]
    """The default output, with the patrol's own tasks told in its own way."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "nightshift.fleet.patrol"

    def __init__(self) -> None:
        """Start with nothing told."""
        super().__init__()
        self._statuses: dict[str, str] = {}
        self._changed: Counter[str] = Counter()
        self._round: dict[str, Any] = {}
        self._live = sys.stdout.isatty()
        self._pending_play: Any = None
        self._ours = False
        self._of_a_room = False  # a room run is under way: its many small files are not worth a line

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Hold a play's heading back until something of it is shown."""
        self._pending_play = play
        self._play = play

    def v2_playbook_on_no_hosts_matched(self) -> None:
        """A turn with nobody in it is not worth a line."""

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Show a heading only for tasks that are not the patrol's own."""
        action = task.resolved_action if hasattr(task, "resolved_action") else task.action
        self._of_a_room = self._of_a_room or action == ROOM_RUN
        self._ours = action in OURS or (self._of_a_room and action == INCLUDE)
        if not self._ours:
            if self._pending_play is not None:
                super().v2_playbook_on_play_start(self._pending_play)
                self._pending_play = None
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Tell a round, a device's word, the summary; leave the rest to the default."""
        if not self._ours:
            super().v2_runner_on_ok(result)
            return
        body = result._result
        if "nightshift_round" in body:
            self._tell_round(body)
        elif "nightshift_room" in body:
            self._tell_lines(body["msg"])
        elif "nightshift_seat" in body:
            told = body["nightshift_seat"]
            if self._display.verbosity or told["rehearsal"] or not told["ok"]:
                self._tell_lines([f"  {result._host.get_name()}: {body['msg']}"])
        elif "nightshift" in body:
            self._tell_device(result._host.get_name(), body)
        elif "nightshift_summary" in body:
            self._tell_summary(body)
        elif "nightshift_explanation" in body:
            self._clear()
            for line in body["msg"]:
                self._display.display(line)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Leave out whose turn it is not, and what a room run skips: each step is about few of its seats."""
        if not (self._ours or self._of_a_room) or self._display.verbosity:
            super().v2_runner_on_skipped(result)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Likewise what it includes."""
        if not self._of_a_room or self._display.verbosity:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Tell what an operator must look at as lines; leave the rest to the default."""
        body = result._result
        self._clear()
        if self._ours and "nightshift_room" in body:
            self._tell_lines(body["msg"])
        elif self._ours and "nightshift_summary" in body:
            self._tell_summary(body)
        elif self._ours and isinstance(body.get("msg"), str):
            for line in body["msg"].splitlines():
                self._display.display(line, color="red", stderr=True)
        else:
            super().v2_runner_on_failed(result, ignore_errors)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The table has said it; the default recap has a line for each host."""
        self._clear()
        if self._display.verbosity:
            super().v2_playbook_on_stats(stats)

    def _tell_lines(self, lines: list[str]) -> None:
        if lines:
            self._clear()
        for line in lines:
            self._display.display(line)

    def _tell_round(self, body: dict[str, Any]) -> None:
        self._round = body["nightshift_round"]
        if self._round["over"]:
            return
        if self._live:
            self._paint()
        elif self._round["asked"] or self._round["number"] == 1:
            self._display.display(body["msg"])

    def _tell_device(self, host: str, body: dict[str, Any]) -> None:
        word = body["nightshift"]
        self._statuses[host] = word["status"]
        if body.get("changed"):
            self._changed[host] += 1
        shown = self._display.verbosity or word["rehearsal"] or word["status"] == "attention" or body.get("changed")
        if shown and (self._display.verbosity or self._round.get("devices", 0) <= 100 or word["status"] == "attention"):
            self._clear()
            self._display.display(f"  {host}: {word['status']}: {body['msg']}")
            for line in word.get("plan", ()):
                self._display.display(f"      {line}")
        if self._live:
            self._paint()

    def _tell_summary(self, body: dict[str, Any]) -> None:
        self._clear()
        self._display.display("")
        for line in body["msg"]:
            self._display.display(line)
        for subject in body["nightshift_summary"]["tickets"]:
            self._display.display(f"ticket in the outbox: {subject}", color="yellow")

    def _paint(self) -> None:
        counted = Counter(self._statuses.values())
        parts = [f"{count} {status}" for status, count in sorted(counted.items())]
        if self._round.get("offline"):
            parts.append(f"{self._round['offline']} offline")
        when = datetime.fromisoformat(self._round["now"]) if "now" in self._round else None
        head = f"round {self._round.get('number', '?')}  {when:%a %H:%M}" if when else "opening"
        sys.stdout.write("\r\x1b[2K" + f"{head}  {', '.join(parts)}"[: self._width()])
        sys.stdout.flush()

    @staticmethod
    def _width() -> int:
        return shutil.get_terminal_size((120, 24)).columns - 1

    def _clear(self) -> None:
        if self._live:
            sys.stdout.write("\r\x1b[2K")
            sys.stdout.flush()
