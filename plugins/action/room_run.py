# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One step of a room run: the ledger says which one it is, the engine is asked through its module."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.utils.display import Display
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.job_file import new_id
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.called import Called
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.clock import Clock
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.decisions import OPTIONS, read_told
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.inventory_facts import host_facts
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import (
    class_of,
    device_of,
    place,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.planned import Planned, planned
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import probe
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.sources import policies_from_hostvars
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room import holding, opening, transferring
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.engine_door import EngineDoor, EngineFault
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.finding import Asked, Surroundings, find, server_of
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.guarding import Guarding
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.problem import RoomError
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.running import Running
from ansible_collections.nightshift.fleet.plugins.plugin_utils.room.session import RoomSession, SessionFile
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.fault import OperatorError

SPEC = {
    "step": {
        "type": "str",
        "required": True,
        "choices": [
            "found", "opened", "next", "probed", "awaited", "surveyed", "prepared", "armed", "watched",
            "closed", "settled", "judged", "stopped", "ended",
        ],
    },
    "room": {"type": "str"},
    "confirm_room": {"type": "str"},
    "image": {"type": "str"},
    "anyway": {"type": "str"},
    "abandon": {"type": "bool", "default": False},
    "abandon_job": {"type": "str"},
    "servers": {"type": "dict", "default": {}},
    "seats": {"type": "list", "elements": "str", "default": []},
    "why": {"type": "str", "default": ""},
    "dest": {"type": "path"},
    "ledger": {"type": "str"},
    "now": {"type": "str"},
    "connect_timeout": {"type": "float", "default": 2.0},
    **OPTIONS,
}  # fmt: skip
LIVE = sys.stdout.isatty()  # seen in the main process: workers have no terminal
display = Display()


class ActionModule(ControllerTask):
    """nightshift.fleet.room_run."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Take one step."""
        self._file = SessionFile(C.DEFAULT_LOCAL_TMP)
        step = options["step"]
        clock = self.clock(options["now"])
        if step == "found":
            return self._found(options, clock)
        session = self._file.load()
        if step == "opened":
            return self._opened(session, options, clock)
        ledger = open_ledger(session.ledger)
        seats = step != "ended" and not (step == "closed" and transferring.run_in(ledger, session).open_job is None)
        holding.take(ledger, session, seats=seats)  # when all is over, the seats are the patch round's
        door = self._door(session, options) if step in ("armed", "watched", "closed") else None
        running = Running(ledger, session, clock, partial(probe, timeout=options["connect_timeout"]), tell)
        if door is not None:
            return self._at_engine(step, transferring.Driver(ledger, session, door, clock, tell), options["why"])
        steps: dict[str, Callable[[], dict[str, Any]]] = {
            "next": running.next,
            "probed": lambda: running.probed(options["seats"]),
            "awaited": lambda: running.awaited(options["seats"]),
            "surveyed": running.surveyed,
            "prepared": lambda: running.prepared(new_id(session.room, datetime.now(UTC))),
            "settled": running.settled,
            "judged": running.judged,
            "stopped": lambda: running.stopped(options["why"]),
            "ended": lambda: self._ended(running, options),
        }
        return self._result(**steps[step]())

    def _found(self, options: dict[str, Any], clock: Clock) -> dict[str, Any]:
        self._file.forget()
        if not options["room"]:
            raise RoomError("nightshift_room: it is missing; name the room that is to get its image")
        names = self._variables["groups"]["all"]
        here = Surroundings(
            hosts=tuple(host_facts(names, self._variables)),
            played=frozenset(self._variables["ansible_play_hosts_all"]),
            hostvars=self._variables["hostvars"],
            folder=self.folder,
            ledger=self.ledger_url(options),
            controller=os.getppid(),
            rehearsal=self.rehearsal,
        )
        asked = Asked(
            options["room"], options["confirm_room"], options["image"], options["anyway"],
            options["abandon"], options["why"], options["abandon_job"] or "",
        )  # fmt: skip
        going = opening.open_run_of(here.ledger, options["room"])
        session = find(asked, here, clock.now(), going)
        self._file.save(session)
        run_on = (options["servers"].get(session.server) or {}).get("run_on") or "localhost"
        return self._result(
            changed=False, msg=[], seats=[seat.name for seat in session.seats], run_on=run_on,
            server=session.server,
        )  # fmt: skip

    def _opened(self, session: RoomSession, options: dict[str, Any], clock: Clock) -> dict[str, Any]:
        session = replace(session, controller=os.getppid())
        door = self._door(session, options)
        session = replace(session, engine=door.name)
        now = clock.now()
        if session.abandon:
            return self._abandoned(session, now)
        hosts = host_facts([seat.name for seat in session.seats], self._variables)
        devices = {host.name: device_of(host, class_of(host) or "room") for host in hosts}
        opened = opening.open_run(session, door, new_id(session.room, datetime.now(UTC)), devices, now)
        self._file.save(opened.session)
        told = Running.plan_of(opened)
        notes = [] if opened.already else self._guarding().notes(session.rules)
        return self._result(**{**told, "msg": told["msg"] + notes})

    def _abandoned(self, session: RoomSession, now: datetime) -> dict[str, Any]:
        by = "nightshift" if session.only_job else str(self._variables.get("awx_user_name") or getpass.getuser())
        opened = opening.abandon(session, by, now)
        self._file.save(opened.session)
        if opened.already:
            self._guarding().lift([session.only_job] if session.only_job else [])
            return self._result(changed=False, msg=[opened.already], run="", over=True, announce=False)
        told = f"run {opened.session.run} is abandoned" if opened.carried_on else "the open run would be abandoned"
        return self._result(changed=True, msg=[told], run=opened.session.run, over=False, announce=False)

    def _at_engine(self, step: str, driver: transferring.Driver, why: str) -> dict[str, Any]:
        run = transferring.run_in(driver.ledger, driver.session)
        job = run.open_job.id if run.open_job is not None else ""
        if step != "closed" and job != driver.session.guarded:
            without = self._guarding().post(driver.session, job)
            if without:
                tell(without, True)
            self._file.save(replace(driver.session, guarded=job))
        if step == "armed":
            try:
                armed = transferring.arm(driver)
            except EngineFault as fault:
                self._guarding().lift([job])  # it is proved that nothing of it is armed
                return self._result(changed=True, msg=[f"not armed: {fault}"], armed=[])
            return self._result(changed=True, msg=[f"armed: {', '.join(armed)}"], armed=list(armed))
        if step == "watched":
            found = transferring.watch(driver)
            return self._result(changed=True, msg=[], why=found.why)
        if run.open_job is None or run.open_job.closed is not None:
            self._guarding().lift([job])
            return self._result(changed=False, msg=[], armed=[])
        others = transferring.close(driver, why)
        self._guarding().lift([job])
        return self._result(changed=True, msg=[], armed=list(others))

    def _ended(self, running: Running, options: dict[str, Any]) -> dict[str, Any]:
        patched = running.session.rules.patch and not running.session.abandon
        plans = self._plans(running.session, options, running.clock.now()) if patched else None
        dest = options["dest"]
        told = running.ended(Path(dest) if dest else self._beside_inventory("rooms"), plans)
        run = transferring.run_in(running.ledger, running.session)
        self._guarding().lift(job.id for job in run.jobs)
        return told

    def _plans(self, session: RoomSession, options: dict[str, Any], now: datetime) -> dict[str, Planned]:
        """Return the plans that follow from the patch round; none where nobody can tell what is approved."""
        names = [seat.name for seat in session.seats]
        facts = host_facts(names, self._variables)
        try:
            found = place(facts, policies_from_hostvars(names, self._variables["hostvars"], now))
            written = read_told(options, self._variables, now)
            with open_ledger(session.ledger, read_only=True).read() as view:
                return planned(view, found, written, {fact.name: fact.groups for fact in facts}, now)
        except OperatorError as wrong:
            tell(f"which approved patches the seats lack is not known: {wrong}", True)
            return {}

    def _guarding(self) -> Guarding:
        return Guarding(self._beside_inventory("guards"), Called.here())

    def _door(self, session: RoomSession, options: dict[str, Any]) -> EngineDoor:
        engine, its = server_of(session, options["servers"])

        def module(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
            try:
                result = self._execute_module(
                    module_name="nightshift.fleet.reimage_room", module_args=dict(arguments), task_vars=self._variables
                )
            except AnsibleError as trouble:
                raise EngineFault(f"{session.server}: {trouble}") from trouble
            return result  # type: ignore[no-any-return]

        return EngineDoor(module, engine, its, session.room, session.image.name, session.rules)

    def _beside_inventory(self, what: str) -> Path:
        return self.folder / ".nightshift" / what

    def _result(self, *, changed: bool, msg: list[str], failed: bool = False, **told: Any) -> dict[str, Any]:
        result = {"changed": changed, "msg": msg, "nightshift_room": told, "_ansible_verbose_always": bool(msg)}
        return {**result, "failed": True} if failed else result


def tell(line: str, worth_a_line: bool) -> None:
    """Show how far it is: a live line on a terminal, and plain lines in a log for what matters."""
    if LIVE:
        display.display(f"\r\x1b[2K{line[:150]}" + ("\n" if worth_a_line else ""), newline=False, screen_only=True)
    if worth_a_line:
        display.display(line, log_only=LIVE)
