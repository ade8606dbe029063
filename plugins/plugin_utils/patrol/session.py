# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one run of a patrol knows between its rounds, and the groups that a round plays over.

It lives in Ansible's private temporary folder of this run and goes with it: what
must outlive the run is in the ledger. The folder is written by workers and read
by the main process when it resolves the ``hosts`` of the next play; workers forked
after that inherit what was read, so that a device's task reads no file.
"""

from __future__ import annotations

import copyreg
import json
import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from ..planner.model import Device
from ..policy.load import LoadedPolicy
from .clock import Clock
from .fleet_facts import Decided
from .spoken import Spoken


def read_only(items: dict[object, object]) -> MappingProxyType[object, object]:
    """Return the read-only view of a mapping that was stored: policies hold such views, and pickle knows none."""
    return MappingProxyType(items)


copyreg.pickle(MappingProxyType, lambda view: (read_only, (dict(view),)))


class Purpose(str, Enum):
    """What a run is for: act on the plan, or only look."""

    PATROL = "patrol"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class Member:
    """A device of this patrol, where it listens, and the policy it is under."""

    device: Device
    address: str
    port: int
    policy: str  # key of Session.policies


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that a run fixes when it opens, and the clock it goes on with.

    ``rehearsal``: check mode; the ledger is a private copy and devices are only read.
    ``stay_until``: rounds go on until then, also for what becomes due meanwhile.
    ``end_by``: the time budget; no round starts after it. ``round``: the one that was begun last, from 1.
    """

    patrol: str
    purpose: Purpose
    rehearsal: bool
    ledger: str
    clock: Clock
    opened: datetime
    stay_until: datetime
    end_by: datetime
    poll: timedelta
    members: Mapping[str, Member]
    everybody: Mapping[str, Member]  # members, and those that are out of scope
    policies: Mapping[str, LoadedPolicy]
    decided: Decided = field(default_factory=Decided)
    round: int = 1


@dataclass(frozen=True, slots=True)
class Word:
    """What a device's turn left behind: one line of the round.

    ``status``: settled, waiting, due, scanning, working, restarting, held, offline, attention or out_of_scope.
    ``again``: look again at that instant (None: no need in this run).
    ``acts``: what is to be done to the device in this round (values of planner.plan.Action).
    ``back_by``: until when a device that we restart may be silent.
    """

    device: str
    status: str
    text: str
    acts: tuple[str, ...] = ()
    again: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    changed: bool = False
    back_by: datetime | None = None
    lines: tuple[str, ...] = ()  # for the task result of a rehearsal; not kept


class SessionFolder:
    """The files of one run below Ansible's temporary folder ``root``."""

    _loaded: tuple[tuple[str, int, int], Session] | None = None  # of this process; inherited by its forks
    _spoken: Spoken | None = None  # likewise
    _asked: tuple[tuple[str, int, int], frozenset[str]] | None = None  # likewise

    def __init__(self, root: str) -> None:
        """Use (and create, for this user only) ``root``/nightshift."""
        self.path = Path(root) / "nightshift"
        self.path.mkdir(mode=0o700, exist_ok=True)

    def clear(self) -> None:
        """Forget an earlier run of the same ansible-playbook process."""
        for file in self.path.iterdir():
            file.unlink()
        SessionFolder._loaded = None
        SessionFolder._spoken = None

    def save(self, session: Session) -> None:
        """Store the session of this run, whole or not at all."""
        fresh = self.path / f"session.{os.getpid()}"
        fresh.write_bytes(pickle.dumps(session))
        fresh.replace(self.path / "session")

    def load(self, *, fresh: bool = False) -> Session | None:
        """Return the session of this run, or None before it is opened. Unless ``fresh``, what is known will do."""
        known = SessionFolder._loaded
        if known is not None and known[0][0] == str(self.path) and not fresh:
            return known[1]
        file = self.path / "session"
        try:
            found = file.stat()
            version = (str(self.path), found.st_ino, found.st_mtime_ns)
            if known is None or known[0] != version:
                session: Session = pickle.loads(file.read_bytes())
                if known is None or known[1].patrol != session.patrol:
                    SessionFolder._spoken = None  # words of another run in the same ansible-playbook process
                known = SessionFolder._loaded = (version, session)
        except FileNotFoundError:
            return None
        return known[1]

    def write_turn(self, turn: str, number: int, devices: Sequence[str]) -> None:
        """Fix which devices a turn (``ask``) of round ``number`` plays over."""
        (self.path / f"{turn}-{number}").write_text(json.dumps(list(devices)), encoding="utf-8")

    def read_turn(self, turn: str, number: int) -> list[str]:
        """Return the devices that a turn plays over; none when it was never fixed."""
        try:
            return list(json.loads((self.path / f"{turn}-{number}").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return []

    def asked(self, number: int) -> frozenset[str]:
        """Return the devices that round ``number`` asks; none when it was never begun. A process reads it once."""
        file = self.path / f"ask-{number}"
        try:
            found = file.stat()
        except FileNotFoundError:
            return frozenset()
        version = (str(file), found.st_ino, found.st_mtime_ns)
        known = SessionFolder._asked
        if known is None or known[0] != version:
            known = SessionFolder._asked = (version, frozenset(self.read_turn("ask", number)))
        return known[1]

    def say(self, number: int, word: Word) -> None:
        """Add one device's word to round ``number``. One short write: safe from many workers at once."""
        self.say_all(number, (word,))

    def say_all(self, number: int, words: Iterable[Word]) -> None:
        """Add the words of many devices to round ``number``, while no worker is at it."""
        lines = "".join(map(line_of, words)).encode()
        if not lines:
            return
        handle = os.open(self.path / f"words-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, lines)
        finally:
            os.close(handle)

    def end(self) -> None:
        """Note that the run is over: no round follows."""
        (self.path / "over").touch()

    def ended(self) -> bool:
        """Tell whether the run is over."""
        return (self.path / "over").exists()

    def last_round(self) -> int:
        """Return the number of the last round that was begun, 0 before the first."""
        return max((int(file.name.removeprefix("ask-")) for file in self.path.glob("ask-*")), default=0)

    def words(self, number: int) -> dict[str, Word]:
        """Return the last word of each device up to and including round ``number``."""
        return dict(self._reading().until(number))

    def words_of(self, number: int) -> dict[str, Word]:
        """Return the last word of each device in round ``number`` alone."""
        return dict(self._reading().during(number))

    def _reading(self) -> Spoken:
        known = SessionFolder._spoken
        if known is None or known.path != self.path:
            known = SessionFolder._spoken = Spoken(self.path, word_from)
        return known


def line_of(word: Word) -> str:
    """Write a word as one line, which ``word_from`` reads."""
    record = {
        "device": word.device,
        "status": word.status,
        "text": word.text,
        "acts": list(word.acts),
        "again": word.again.isoformat() if word.again else None,
        "counts": dict(word.counts),
        "changed": word.changed,
        "back_by": word.back_by.isoformat() if word.back_by else None,
    }
    return json.dumps(record) + "\n"


def word_from(line: str) -> Word:
    """Read what ``line_of`` wrote."""
    record = json.loads(line)
    for key in ("again", "back_by"):
        record[key] = datetime.fromisoformat(record[key]) if record[key] else None
    record["acts"] = tuple(record["acts"])
    return Word(**record)
