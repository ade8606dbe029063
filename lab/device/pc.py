# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulated Windows PC. It lives only when looked at: then it catches up with the lab's clock, event by event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from ..catalogue.release import Release
from ..clock import VirtualClock
from ..endpoint import ModuleCall, ModuleReply, TransportFault
from ..truth import Happening, Truth, What
from .attendance import Attendance
from .disk import Disk, MemoryDisk
from .faults import FaultBook, Trouble
from .generalising import SECONDS, Sysprep, set_up
from .identity import Identity, fresh
from .jobs import Jobs
from .packages import PROVIDERS, PackageManager, absent
from .power import PowerPlan
from .service import UpdateService
from .state import Computer, Job, LastScan, PendingRestart, Program, ScheduledRestart, Session, Source

_WAIT_POLL = 0.05  # real seconds between two looks of a module that waits


@dataclass(frozen=True, slots=True)
class Habits:
    """How long starting takes, and who logs on after it. Seconds. ``skew``: how far the PC's clock is ahead."""

    boot: float = 60.0
    restart: float = 120.0
    complete: float = 120.0  # added to either when updates wait for it
    logon: float = 300.0
    skew: timedelta = timedelta(0)


class SimulatedPC:
    """The device behind one endpoint of the lab."""

    def __init__(
        self,
        name: str,
        computer: Computer,
        service: UpdateService,
        clock: VirtualClock,
        truth: Truth,
        *,
        address: str = "127.0.0.1",
        user: str = "nightshift",
        password: str = "",
        plan: PowerPlan | None = None,
        faults: FaultBook | None = None,
        habits: Habits | None = None,
        people: Sequence[Session] = (),
        attendance: Attendance | None = None,
        source: Source | None = None,
        managers: Iterable[PackageManager] = (),
        programs: Sequence[Program] = (),
        disk: Disk | None = None,
        identity: Identity | None = None,
    ) -> None:
        """Stand as the plan says at ``clock.now()``.

        ``people`` are logged on whenever it has been on for a while; with an ``attendance``, those that it names.
        """
        self.name = name
        self.address = address
        self.user = user
        self._password = password
        self.computer = computer
        self.service = service
        self.clock = clock
        self.truth = truth
        self.plan = plan or PowerPlan()
        self.faults = faults or FaultBook()
        self.habits = habits or Habits()
        self.attendance = attendance
        self.at = clock.now()
        self.people = tuple(people) if attendance is None else attendance.there_at(self.at)
        self.on = self.plan.on_at(self.at)
        self.sessions = self.people if self.on else ()
        self.pending = PendingRestart()
        self.restart: ScheduledRestart | None = None
        self.last_scan: LastScan | None = None
        self.source = source or Source()
        self.managers = {one: absent(one) for one in PROVIDERS} | {one.provider: one for one in managers}
        self.programs = tuple(programs)
        self.disk: Disk = disk if disk is not None else MemoryDisk()
        self.identity = identity or fresh(name, joined=bool(computer.domain))
        self.sysprep = Sysprep()
        self.sealed_at: datetime | None = None  # when Sysprep, which runs, comes to its end
        self.installation = 0  # how often a generalised image was set up here
        self.bootable = True  # false from the moment an image begins to be written until it is whole
        self.elsewhere = False  # on, but in a system that came from the network
        self.netboot: Callable[[], bool] | None = None  # asked at each start: whether the network takes the PC
        self.jobs = Jobs(self)
        self.up_at: datetime | None = None
        self.logon_at: datetime | None = None
        self.power_returns: datetime | None = None
        self.told = 0
        self.readable = True  # whether Microsoft.Update.SystemInfo can be read from a network logon

    # What the transport sees

    @property
    def password(self) -> str:
        """The password that is accepted now."""
        return uuid4().hex if self.faults.strike(self.clock.now(), Trouble.AUTH) else self._password

    def answering(self) -> bool:
        """Whether it is on and up at this instant."""
        self.settle()
        return self.on and self.up_at is None and self.bootable and not self.elsewhere

    def fault(self) -> TransportFault | None:
        """Return the network trouble that the next request meets."""
        struck = self.faults.strike(self.clock.now(), Trouble.REFUSE, Trouble.HANG, Trouble.CUT, Trouble.SLOW)
        return struck.transport() if struck is not None else None

    async def run(self, call: ModuleCall) -> ModuleReply:
        """Run a module to its end."""
        from .modules import answer  # the modules know the PC; this is the one place where it knows them

        self.settle()
        self.truth.called(self.name, call.name or "raw")
        return await answer(self, call)

    # Time

    def settle(self, until: datetime | None = None) -> None:
        """Let everything happen that happens by itself up to ``until`` (default: now)."""
        target = until or self.clock.now()
        while (due := self.next_event()) is not None and due <= target:
            self.at = max(self.at, due)
            self._happen()
        self.at = max(self.at, target)

    def next_event(self) -> datetime | None:
        """Return the next instant at which something happens by itself, or None."""
        switching = self.plan.after(self.at)
        instants = self.jobs.wakes()
        instants += [i for i in (self.up_at, self.logon_at, self.power_returns, self.sealed_at) if i is not None]
        instants += [self.restart.at] if self.restart is not None else []
        instants += [switching.at] if switching is not None else []
        coming = self.attendance.after(self.at) if self.attendance is not None else None
        instants += [coming.at] if coming is not None else []
        return min(instants, default=None)

    async def wait(self, until: datetime) -> None:
        """Let time pass for a module that waits: the lab's clock runs, or is moved where it stands still."""
        while self.clock.now() < until:
            if self.clock.rate:
                await asyncio.sleep(min(_WAIT_POLL, (until - self.clock.now()).total_seconds() / self.clock.rate))
            else:
                self.clock.advance_to(until)
        self.settle()

    def device_time(self, instant: datetime | None = None) -> datetime:
        """Return an instant (default: now) as the PC's own clock has it."""
        return (instant or self.at) + self.habits.skew

    def lab_time(self, instant: datetime) -> datetime:
        """Return the lab's instant at which the PC's clock shows ``instant``."""
        return instant - self.habits.skew

    def _happen(self) -> None:
        """Do one thing that is due at ``self.at``; people come and go before it."""
        self._come_and_go()
        if (
            (switching := self.plan.after(self.at - timedelta(microseconds=1)))
            and switching.at == self.at
            and self.on != switching.on
        ):
            self.power(switching.on)
            return
        for instant, act in (
            (self.power_returns, self._power_returns),
            (self.sealed_at, self._seal),
            (self.up_at, self._is_up),
            (self.logon_at, self._log_on),
            (self.restart.at if self.restart else None, self._restart_now),
        ):
            if instant is not None and instant <= self.at:
                act()
                return
        self.jobs.resume_due()

    # Power

    def power(self, on: bool) -> None:
        """Turn the switch. Off: whatever runs is interrupted. On: a start, which completes what waited for one."""
        self.power_returns = None
        if on == self.on:
            return
        if on:
            self.on = True
            self.note(What.POWER_ON)
            self._boot(self.habits.boot)
        else:
            self.note(What.POWER_OFF)
            self._go_down()

    def power_fails(self, dark: float) -> None:
        """Lose the mains now; the PC starts by itself so that it is up again ``dark`` seconds later."""
        self.note(What.POWER_OFF, detail="power loss")
        self._go_down()
        self.power_returns = self.at + timedelta(seconds=dark)

    def leave_network(self, after: str) -> None:
        """End what came from the network: ``poweroff`` or ``reboot``."""
        if self.on:
            self._go_down()
            if after == "reboot":
                self.on = True
                self.note(What.RESTARTED, detail="after imaging")
                self._boot(self.habits.restart)
            else:
                self.note(What.POWER_OFF, detail="after imaging")

    def start_sysprep(self) -> None:
        """Generalise this Windows; in a while the PC is off, or Sysprep has given up."""
        self.sysprep.running = True
        self.sealed_at = self.at + timedelta(seconds=SECONDS)

    def _seal(self) -> None:
        self.sealed_at = None
        if self.sysprep.conclude():
            self.note(What.GENERALISED)
            self._go_down()
            self.note(What.POWER_OFF, detail="sysprep")

    def schedule_restart(self, restart: ScheduledRestart) -> None:
        """Begin a countdown."""
        self.restart = restart
        self.note(What.RESTART_SCHEDULED, detail="ours" if restart.ours else "foreign")

    def cancel_restart(self) -> None:
        """Stop the countdown."""
        self.note(What.RESTART_CANCELLED, detail="ours" if self.restart and self.restart.ours else "foreign")
        self.restart = None

    def tell(self, detail: str) -> int:
        """Show a message to every session; return how many there are."""
        shown = len(self.sessions)
        if shown:
            self.told += shown
            self.note(What.REMINDED, detail=detail)
        return shown

    def _restart_now(self) -> None:
        assert self.restart is not None
        cause = "ours" if self.restart.ours else "foreign"
        self._go_down()
        self.on = True
        self.note(What.RESTARTED, detail=cause)
        self._boot(self.habits.restart)

    def _go_down(self) -> None:
        self.on = self.elsewhere = False
        self.up_at = self.logon_at = self.restart = self.sealed_at = None
        self.sysprep.running = False
        self._log(())
        self.jobs.interrupt_all()

    def _boot(self, seconds: float) -> None:
        if not self._finds_windows():
            return
        waits = self.habits.complete if self.pending.required else 0.0
        self.up_at = self.at + timedelta(seconds=seconds + waits)

    def _power_returns(self) -> None:
        self.power_returns = None
        self.on = True
        self.note(What.POWER_ON, detail="power is back")
        if self._finds_windows():
            self._is_up()

    def _finds_windows(self) -> bool:
        """Start: from the network where that has something for it, else from the disk if there is a system on it."""
        self.elsewhere = self.netboot is not None and self.netboot()
        return self.bootable and not self.elsewhere

    def _is_up(self) -> None:
        self.up_at = None
        self.computer.boot_time = self.at
        if self.sysprep.generalised:
            set_up(self)
        self.pending = PendingRestart()
        for release in self.service.restarted():
            self.note(What.COMMITTED, release)
        if self.people or self.attendance is not None:
            self.logon_at = self.at + timedelta(seconds=self.habits.logon)

    # People

    def _come_and_go(self) -> None:
        if self.attendance is None:
            return
        self.people = self.attendance.there_at(self.at)
        if self.on and self.up_at is None and self.logon_at is None:
            self._log(self.people)

    def _log_on(self) -> None:
        self.logon_at = None
        self._log(self.people)

    def _log(self, sessions: tuple[Session, ...]) -> None:
        if sessions != self.sessions:
            self.sessions = sessions
            self.note(What.LOGONS, detail=", ".join(one.name for one in sessions if one.active))

    # Truth

    def note(
        self, what: What, release: Release | None = None, job: Job | None = None, detail: str = "", hresult: int = 0
    ) -> None:
        """Write the ground truth at this instant."""
        update, kb = (release.id, release.kb) if release is not None else ("", "")
        self.truth.add(Happening(self.at, self.name, what, update, kb, job.id if job else "", detail, hresult))
