# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The control door of a lab (``python -m lab``): its clock, and nothing else of it.

An inventory is a lab's when it sets ``nightshift_lab`` (control address and token).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible.module_utils.urls import open_url

from ..tasks.fault import OperatorError


class LabUnreachable(OperatorError):
    """The lab named by the inventory does not answer, or answers nonsense."""


@dataclass(frozen=True, slots=True)
class LabControl:
    """Where a lab is controlled: ``http://127.0.0.1:PORT`` and the token that it wrote into its inventory."""

    address: str
    token: str

    @classmethod
    def from_variable(cls, value: Mapping[str, Any]) -> LabControl:
        """Read the inventory variable ``nightshift_lab``. Raises LabUnreachable when it is incomplete."""
        try:
            return cls(str(value["control"]), str(value["token"]))
        except (KeyError, TypeError) as missing:
            raise LabUnreachable(
                f"nightshift_lab: {missing} is missing; a lab writes control and token there"
            ) from None

    def clock(self) -> tuple[datetime, float]:
        """Return the lab's present instant (aware) and its rate in virtual seconds per second."""
        answer = self._call("GET", "/clock")
        return datetime.fromisoformat(answer["now"]), float(answer["rate"])

    def advance_to(self, instant: datetime) -> None:
        """Move the lab's clock forward to ``instant``."""
        self._call("POST", "/clock/advance", {"to": instant.isoformat()})

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"X-Lab-Token": self.token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        try:
            with open_url(self.address + path, method=method, data=data, headers=headers, use_proxy=False) as reply:
                return json.load(reply)
        except (OSError, ValueError) as problem:
            raise LabUnreachable(f"the lab at {self.address} does not answer: {problem}") from problem
