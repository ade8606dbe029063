# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A device's turn: collect what it has to say, record it, plan, and do what the plan says, in one contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ..device.parse import parse_scan
from ..device.report import ScanReport
from ..ledger import Standing
from ..planner.model import DeviceState, Observation, ScanTrust
from ..planner.plan import Action, Plan, plan
from . import further
from .acting import Acting
from .contact import Call, Turn, contact, known, without_intents
from .explanation import plan_lines
from .looking import with_next_look
from .phasing import note_exploited
from .session import Member, Purpose, Session, Word
from .settling import settle
from .ticketing import raise_ticket
from .words import word_of

NOTHING: frozenset[Action] = frozenset()


def ask(session: Session, member: Member, call: Call, may: frozenset[Action] = NOTHING) -> Word:
    """Ask a device, record what it says, keep the bookkeeping of the plan that follows, and do what it decides.

    ``may``: the actions that this turn may take; what else is due stays due, and the word says so. All of it is one
    contact under one lease: what was planned and what is done cannot differ, and a connection is made once.
    A search starts with the question itself when the ledger already knows that one is due.
    """
    policy = session.policies[member.policy].policy

    def turn(taken: Turn) -> Word:
        asked = _asked(session, member, call, taken, may)
        if isinstance(asked, Word):
            return asked
        word, state, made = asked
        doing = [decision for decision in made.decisions if decision.action in may]
        if doing:
            acting = Acting(session, member, taken.ledger, made, state, call)
            word = [acting.perform(decision) for decision in doing][-1]
        return replace(word, lines=tuple(plan_lines(made, policy.zone))) if session.rehearsal else word

    return contact(session, member, turn)


def _asked(
    session: Session, member: Member, call: Call, taken: Turn, may: frozenset[Action]
) -> Word | tuple[Word, DeviceState, Plan]:
    """Ask and record. The turn is over with it when nothing follows.

    A device that is still at work, and tells nothing else, is left at its work: a word is all there is.
    """
    name = member.device.name
    policy = session.policies[member.policy].policy
    module, arguments = question(session, member, taken)
    report = parse_scan(call(module, arguments))
    now = session.clock.now()
    with taken.recording() as record:
        tx = record.tx
        recorded = tx.record_report(name, report, now, taken.glance)
        if report.software is not None:
            tx.software.record(name, report.software, now)
        if recorded.as_known and taken.known is None and not session.rehearsal:
            still = still_at_work(session, member, tx.standings([name]).get(name), report)
            if still is not None:
                record.over = True
                return still
        if recorded.as_known and taken.known is not None:
            state = with_observation(taken.known, recorded.observation)
        else:
            state = known(tx, session, member)
        state = without_intents(state)
        made = with_next_look(policy, state, plan(member.device, policy, state, now))
        settle(tx, name, state, made)
        if session.purpose is Purpose.SCAN:
            made = only_looking(session, state, made)
        else:
            note_exploited(tx, member.device, policy, state, now)
            for decision in made.decisions:
                if decision.action is Action.TICKET:
                    raise_ticket(tx, member, state, made, decision)
            if made.serves is not None:
                tx.mark_served(name, made.serves)
            if made.postpones is not None:
                tx.mark_restart_postponed(name, made.postpones)
        word = word_of(session, state, made)
        tx.record_standing(name, standing_of(word, made, member.policy))
        record.over = may.isdisjoint(decision.action for decision in made.decisions)
    return word, state, made


def still_at_work(session: Session, member: Member, standing: Standing | None, report: ScanReport) -> Word | None:
    """Return the word of a device whose job goes on, from where the last plan left it; None: plan anew.

    Nothing is planned for a device at work but to take back a restart of ours that would cut it off.
    """
    if standing is None or standing.policy != member.policy or report.restart.scheduled_at is not None:
        return None
    if standing.status not in ("scanning", "working"):
        return None
    again = session.clock.now() + session.poll
    return Word(member.device.name, standing.status, standing.text, again=again, counts=standing.counts)


def with_observation(state: DeviceState, seen: Observation | None) -> DeviceState:
    """Return the state with a newer observation of a device whose system and model are known."""
    before = state.observation
    if seen is None or before is None:
        return state
    return replace(state, observation=replace(seen, system=before.system, model=before.model))


def question(session: Session, member: Member, taken: Turn) -> tuple[str, Mapping[str, Any]]:
    """Say which module asks the device, and with which arguments.

    A device that is at work for us is only asked how far it is. On any other a search starts with this contact when
    one is wanted already, unless the device has a result newer than the one that the ledger knows: that one is
    collected first. Where none is wanted, the module is the one that cannot start any, for it sends a third.
    """
    asked = {"known_scan": taken.glance.scan, "acknowledge": list(taken.glance.acknowledge), "installed": False}
    state = taken.known
    if state is None:
        return "win_patch_report", asked
    policy, now, last = session.policies[member.policy].policy, session.clock.now(), state.scan
    asked |= further.installed_updates(session.decided.rollbacks, state)
    if session.purpose is Purpose.SCAN:
        wanted = not looked_enough(session, state)
        since = session.opened if last is None else last.finished_at
    else:
        made = plan(member.device, policy, without_intents(state), now)
        wanted = any(decision.action is Action.SCAN for decision in made.decisions)
        since = now - policy.scan.every if last is None else last.finished_at
    if not wanted:
        return "win_patch_report", asked
    max_age = max(now - since - timedelta(seconds=1), timedelta())
    asked |= {"search": "if_older", "max_age": int(max_age.total_seconds())}
    return "win_patch_scan", {**asked, **further.providers(policy), **further.software(taken.ledger, taken.name)}


def standing_of(word: Word, made: Plan, policy: str) -> Standing:
    """Return what the ledger keeps of a turn: a device with something to do, or at work, is due again at once."""
    busy = word.status in ("due", "scanning", "working", "attention")
    return Standing(made.now, made.now if busy else made.next_at, policy, word.status, word.text, word.counts)


def looked_enough(session: Session, state: DeviceState) -> bool:
    """Tell whether a scan run has what it came for: a search that ended after the run was opened."""
    return (
        state.scan is not None
        and state.scan.finished_at >= session.opened
        and state.scan.trust is not ScanTrust.UNKNOWN
    )


def only_looking(session: Session, state: DeviceState, made: Plan) -> Plan:
    """Keep of a plan what a scan run may do: a search, when its own is not there yet."""
    kept = tuple(decision for decision in made.decisions if decision.action is Action.SCAN)
    return replace(made, decisions=() if looked_enough(session, state) else kept)
