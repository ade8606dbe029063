# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Talks to a running lab through its control door, for the command line and for tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .control import TOKEN_HEADER
from .laboratory import StateFile

_TIMEOUT = 120.0  # real seconds; moving a large fleet by days takes a while


class LabGone(OSError):
    """No lab is up in that folder, or it refuses."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A running lab, as seen from another process."""

    state: StateFile

    @classmethod
    def of(cls, folder: Path) -> Remote:
        """Find the lab of ``folder``. Raises LabGone."""
        try:
            return cls(StateFile.read(folder))
        except FileNotFoundError:
            raise LabGone(f"{folder}: no lab is up here; start one with python -m lab up --dir {folder}") from None

    def get(self, path: str) -> Any:
        """Ask for something."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Have something done."""
        return self._call("POST", path, body)

    def delete(self, path: str) -> Any:
        """Have something taken away."""
        return self._call("DELETE", path, None)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.state.control + path, data, {TOKEN_HEADER: self.state.token}, method=method
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_TIMEOUT) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as refusal:
            raise LabGone(json.load(refusal).get("error", str(refusal))) from None
        except OSError as problem:
            raise LabGone(f"the lab at {self.state.control} does not answer: {problem}") from problem
