# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a process that delivers does, for tests that kill it.

``die_at``: it kills itself at that step of its work with the ledger (each transaction has two: before its commit
and after it).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Holder, Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import read_destination
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.routes import Routes
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.run import deliver


class MortalLedger(Ledger):
    """A ledger whose process dies at a given step."""

    __slots__ = ("die_at", "steps")

    def step(self) -> None:
        """One step further."""
        self.steps += 1
        if self.steps == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def begin(self) -> Iterator[Any]:
        """As ever, with a step before the commit and one after it."""
        with super().begin() as tx:
            yield tx
            self.step()
        self.step()


def main(order: dict[str, Any]) -> None:
    """Deliver once."""
    ledger = MortalLedger(open_ledger(order["ledger"])._database, read_only=False)
    ledger.steps, ledger.die_at = 0, order.get("die_at", 0)
    destination = read_destination(order["variable"], "order")
    routes = Routes(dict.fromkeys(order["devices"], destination), destination)
    deliver(ledger, routes, Holder.here(order["patrol"]), datetime.fromisoformat(order["now"]))
