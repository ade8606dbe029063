# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The second half of a device's turn: do what was decided, and record it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..ledger import Ledger
from ..planner.fitting import minutes
from ..planner.model import DeviceState, JobKind
from ..planner.plan import Action, Decision, Plan, plan
from .contact import Call, known, without_intents
from .further import providers
from .session import Member, Session, Word
from .words import counts_of, word_of

TURNS: Mapping[str, frozenset[Action]] = {
    "start": frozenset({Action.SCAN, Action.INSTALL, Action.UNINSTALL}),
    "restart": frozenset({Action.RESTART, Action.CANCEL_RESTART}),
    "remind": frozenset({Action.REMIND}),
}
BACK = timedelta(minutes=45)  # a device that is silent for longer after our restart needs a person
BOOT = timedelta(minutes=3)  # first look after a restart; only how soon we look depends on it


def allowed(turns: Iterable[str]) -> frozenset[Action]:
    """Return the actions of turns by name. Raises KeyError."""
    return frozenset[Action]().union(*(TURNS[turn] for turn in turns))


class Acting:
    """Does what a plan says, under the lease of the turn in which the plan was made; lives for that turn."""

    def __init__(
        self, session: Session, member: Member, ledger: Ledger, made: Plan, state: DeviceState, call: Call
    ) -> None:
        self.session = session
        self.member = member
        self.ledger = ledger
        self.made = made
        self.state = state
        self.call = call
        self.name = member.device.name
        self.policy = session.policies[member.policy].policy

    def perform(self, decision: Decision) -> Word:
        doers: Mapping[Action, Callable[[Decision], Word]] = {
            Action.SCAN: self.search,
            Action.INSTALL: self.install,
            Action.UNINSTALL: self.uninstall,
            Action.RESTART: self.restart,
            Action.CANCEL_RESTART: self.cancel,
            Action.REMIND: self.remind,
        }
        return doers[decision.action](decision)

    def word(self, status: str, text: str, *, again: datetime | None = None, changed: bool = False) -> Word:
        """Say how it went; a rehearsal only says what would be done."""
        if self.session.rehearsal:
            status, text, again = "due", f"would be done: {text}", None
        counts = counts_of(self.state, self.made)
        return Word(self.name, status, text, again=again, counts=counts, changed=changed)

    def afterwards(self, text: str, changed: bool) -> Word:
        """Say where the device stands once something is done that leaves it free: the plan is made again."""
        with self.ledger.read() as tx:
            state = without_intents(known(tx, self.session, self.member))
        made = plan(self.member.device, self.policy, state, self.session.clock.now())
        word = word_of(self.session, state, made)
        status = word.status if word.status in ("settled", "waiting") else "waiting"
        return self.word(status, text, again=word.again, changed=changed)

    def labels(self, decision: Decision) -> str:
        """Name the updates of a decision, the first few of them."""
        known = [verdict.update for verdict in self.made.verdicts]
        known += [removal.update for removal in self.state.fleet.removals]
        names = [update.label for update in known if update.id in decision.updates]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")

    def soon(self, wait: timedelta | None = None) -> datetime:
        return self.session.clock.now() + (wait or self.session.poll)

    def search(self, decision: Decision) -> Word:
        asked = {"search": "if_older", "max_age": 0, "installed": False, **providers(self.policy)}
        result = self.call("win_patch_scan", asked)
        return self.word("scanning", f"searching: {decision.text}", again=self.soon(), changed=bool(result["changed"]))

    def install(self, decision: Decision) -> Word:
        return self.change(decision, JobKind.INSTALL, "installing")

    def uninstall(self, decision: Decision) -> Word:
        """Helpdesk 8: remove what was rolled back."""
        return self.change(decision, JobKind.UNINSTALL, "removing")

    def change(self, decision: Decision, kind: JobKind, doing: str) -> Word:
        """Record the intent, start the job under its id, record the answer: each step can be the last one."""
        now = self.session.clock.now()
        with self.ledger.begin() as tx:
            job = tx.intend_job(self.name, str(uuid.uuid4()), kind, decision.updates, decision.deadline, now)
        result = self.call(
            "win_patch_apply",
            {
                "updates": list(decision.updates),
                "job_id": job.id,
                "deadline": instant(decision.deadline),
                "expected_minutes": minutes(decision.needs),
                "state": "absent" if kind is JobKind.UNINSTALL else "installed",
            },
        )
        with self.ledger.begin() as tx:
            if result["busy"] or result.get("job") is None:
                tx.job_refused(self.name, job.id, str(result["msg"]), now)
                return self.word("waiting", str(result["msg"]), again=self.soon() if result["busy"] else None)
            tx.job_started(self.name, job.id, now)
            told = {"job": job.id, "why": decision.text}
            tx.audit(self.session.patrol, f"{kind.value}_started", self.name, told, now)
        return self.word(
            "working",
            f"{doing} {self.labels(decision)}: {decision.text}",
            again=self.soon(),
            changed=bool(result["changed"]),
        )

    def restart(self, decision: Decision) -> Word:
        now = self.session.clock.now()
        countdown = decision.countdown or timedelta()
        pending = bool(self.state.observation and self.state.observation.pending_restart)
        with self.ledger.begin() as tx:
            tx.mark_restart_asked(self.name, now, now + countdown, decision.text)
        result = self.call(
            "win_patch_restart",
            {
                "state": "scheduled",
                "countdown": int(countdown.total_seconds()),
                "message": f"{self.policy.restart.message} {decision.notice}".strip(),
                "only_if_pending": pending,
                "only_if_unused": decision.only_unused,
            },
        )
        if not result["restart"]["ours"]:
            return self.word("waiting", str(result["msg"]))
        text = f"restarting in {int(countdown.total_seconds() // 60)} minutes: {decision.text}"
        word = self.word("restarting", text, again=self.soon(countdown + BOOT), changed=bool(result["changed"]))
        return replace(word, back_by=self.soon(countdown + BACK))

    def cancel(self, decision: Decision) -> Word:
        result = self.call("win_patch_restart", {"state": "cancelled"})
        with self.ledger.begin() as tx:
            tx.mark_restart_cancelled(self.name, self.session.clock.now())
        return self.afterwards(decision.text, bool(result["changed"]))

    def remind(self, decision: Decision) -> Word:
        remind = self.policy.restart.remind
        if remind is None:
            raise ValueError("a reminder was decided on without a policy for it")
        message = f"{remind.message} {decision.notice}".strip()
        result = self.call("win_patch_restart", {"state": "reminded", "message": message})
        with self.ledger.begin() as tx:
            tx.mark_reminded(self.name, self.session.clock.now())
        return self.afterwards(f"told {result['told']} session(s): {decision.text}", bool(result["changed"]))


def instant(moment: datetime | None) -> str | None:
    """Write an instant as the device protocol does: UTC, whole seconds, Z."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
