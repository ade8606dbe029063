# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one ansible-playbook process knows of the run that it drives. What must outlive it is in the ledger."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..seat.expected import ImageWanted
from .model import Seat
from .problem import RoomError
from .rules import RunRules


@dataclass(frozen=True, slots=True)
class RoomSession:
    """A run, or in check mode (``rehearsal``) what would be one. ``ports``: where each seat listens, by its name.

    ``controller``: the process id of ansible-playbook, in whose name leases are held. ``notes``: for people.
    ``abandon``: the room's open run is to be ended, and nothing else, because of ``why``; with ``only_job`` only while
    that job of it may be armed. ``anyway``: a person gave a reason to do it now. ``guarded``: the job that has a guard.
    """

    room: str
    server: str
    ledger: str
    controller: int
    seats: tuple[Seat, ...]
    ports: Mapping[str, int]
    rules: RunRules
    image: ImageWanted
    not_after: datetime
    rehearsal: bool = False
    notes: tuple[str, ...] = ()
    run: str = ""  # id of the run, "" before it is begun
    engine: str = ""
    zone: str = "UTC"
    abandon: bool = False
    why: str = ""
    only_job: str = ""
    anyway: bool = False
    guarded: str = ""


class SessionFile:
    """The session in a file below Ansible's private temporary folder ``root``, which goes with the process."""

    def __init__(self, root: str) -> None:
        """Use (and create, for this user only) ``root``/nightshift-room."""
        self._folder = Path(root) / "nightshift-room"

    def save(self, session: RoomSession) -> None:
        """Store it, whole or not at all."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        fresh = self._folder / f"session.{os.getpid()}"
        fresh.write_bytes(pickle.dumps(session))
        fresh.replace(self._folder / "session")

    def load(self) -> RoomSession:
        """Return it. Raises RoomError where no run was opened."""
        try:
            session: RoomSession = pickle.loads((self._folder / "session").read_bytes())
        except FileNotFoundError:
            raise RoomError("no room run is open; run the playbook nightshift.fleet.reimage") from None
        return session

    def forget(self) -> None:
        """Forget an earlier run of the same process."""
        (self._folder / "session").unlink(missing_ok=True)
