# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How telling a ticket system can fail: what matters is whether it may have heard."""

from __future__ import annotations


class DeliveryFault(Exception):
    """A message did not go out. The message is one line, and holds no secret."""


class Unreachable(DeliveryFault):
    """The system certainly did not get the request: no connection, no trust in its certificate."""


class Uncertain(DeliveryFault):
    """The request was on its way when something broke, or the answer is no answer: the system may have acted on it."""


class Refused(DeliveryFault):
    """The system answered that it did nothing. ``system_wide``: it would say so to any request (credentials, load)."""

    def __init__(self, text: str, *, system_wide: bool = False) -> None:
        """Keep the system's words."""
        super().__init__(text)
        self.system_wide = system_wide
