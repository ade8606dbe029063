# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A round begins: wait, choose whose time has come, probe them, fix who is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..ledger import Contact, Ledger
from .phasing import judge_rollouts
from .probe import Target
from .rounds import next_round_at, turnout
from .session import Member, Session, SessionFolder, Word

Probe = Callable[[Iterable[Target]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Begun:
    """What a round found out before it asked anybody. ``over``: there is no round, the run has ended."""

    number: int
    now: datetime
    asked: int
    offline: int
    over: bool = False

    @property
    def text(self) -> str:
        """One line for a log."""
        if self.over:
            return "every device has settled, or the time is spent"
        return (
            f"round {self.number} at {self.now:%a %Y-%m-%d %H:%M} UTC: {self.asked} asked, {self.offline} do not answer"
        )


def begin(folder: SessionFolder, ledger: Ledger, session: Session, number: int, probe: Probe) -> Begun:
    """Begin round ``number`` of a run, or find that the run is over.

    Rollouts are judged first: who waits for a ring that opens is asked in the same round.
    """
    if number == 1:
        judge(ledger, session)
        words = first_words(ledger, session)
        folder.say_all(0, words.values())
    else:
        words = folder.words(number - 1) | speechless(folder, number - 1)
        moment = None if session.rehearsal else next_round_at(session, words, session.clock.now())
        if moment is None:
            folder.end()
            return Begun(number, session.clock.now(), 0, 0, over=True)
        session = replace(session, clock=session.clock.wait_until(moment), round=number)
        folder.save(session)
        judge(ledger, session)
    now = session.clock.now()
    answers = probe(target_of(session.members[name]) for name in turnout(session, words, now))
    asked = [name for name, why in answers.items() if not why]
    silent = {name: why for name, why in answers.items() if why}
    with ledger.begin() as tx:
        tx.record_contacts([Contact(name, False, why) for name, why in silent.items()], now)
    folder.say_all(number, [silent_word(session, words[name], why, now) for name, why in silent.items()])
    folder.write_turn("ask", number, asked)
    return Begun(number, now, len(asked), len(silent))


def judge(ledger: Ledger, session: Session) -> None:
    """Judge the rollouts of a fleet that has rings."""
    if any(loaded.policy.rings for loaded in session.policies.values()):
        with ledger.begin() as tx:
            judge_rollouts(tx, session.policies.values(), session.clock.now())


def speechless(folder: SessionFolder, number: int) -> dict[str, Word]:
    """Say of the devices whose turn in a round ended without a word that a person must look: the worker died."""
    said = folder.words_of(number)
    lost = [name for name in folder.read_turn("ask", number) if name not in said]
    words = {name: Word(name, "attention", f"its worker died in round {number}") for name in lost}
    folder.say_all(number, words.values())
    return words


def target_of(member: Member) -> Target:
    """Return where a member listens."""
    return Target(member.device.name, member.address, member.port)


def silent_word(session: Session, before: Word, why: str, now: datetime) -> Word:
    """A device that we restarted is expected back; any other that does not answer is offline."""
    if before.status == "restarting" and before.back_by is not None:
        if now >= before.back_by:
            why = f"not back since the restart that was to end before {before.back_by:%a %Y-%m-%d %H:%M} UTC ({why})"
            return Word(before.device, "attention", why, counts=before.counts)
        return replace(before, text="restarting: not back yet", again=now + session.poll, changed=False)
    return Word(before.device, "offline", why, counts=before.counts)


def first_words(ledger: Ledger, session: Session) -> dict[str, Word]:
    """Say of each device whether its time has come, from the ledger alone.

    A device is asked when it was never planned for, when its plan's next instant is past, when its
    policy has changed since, or when it did not answer the last time.
    """
    now = session.clock.now()
    with ledger.read() as tx:
        standings = tx.standings(session.members)
    words = {}
    for name, member in session.members.items():
        standing = standings.get(name)
        if standing is None or standing.policy != member.policy or not standing.answered or session.rehearsal:
            words[name] = Word(name, "waiting", "not asked yet", again=now)
        elif session.purpose.value == "scan" or standing.next_at is None or standing.next_at <= now:
            words[name] = Word(name, standing.status, standing.text, again=now, counts=standing.counts)
        else:
            again = standing.next_at if standing.next_at <= session.stay_until else None
            words[name] = Word(name, standing.status, standing.text, again=again, counts=standing.counts)
    return words
