# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One DRBL server as the engine sees it, and everything that forbids a job on it. Only questions are asked here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..engine import EngineError, JobSpec, Problem
from .boot import armed, labels
from .clients import Client, clients_of, problems_of_seats, read_clients
from .commands import SENDER, STARTER, Commands, Process
from .image import Image, read_image
from .jobs import Jobs, Phase
from .layout import Layout, Settings, read_settings

_NEEDED = (STARTER, "dcs", "get-client-ip-list")
_WORD = re.compile(r"^[A-Za-z0-9_.:-]+$")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator says about the server. ``interface``: the network card that the multicast leaves by, None for
    the first one that DHCP serves. ``disk_bytes``: size of the room's smallest disk, None where it is not known."""

    interface: str | None = None
    disk_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """The server: its files, its commands, and our jobs on it."""

    layout: Layout
    commands: Commands
    jobs: Jobs
    wishes: Wishes = Wishes()

    @property
    def settings(self) -> Settings:
        """What it is set to, read anew."""
        return read_settings(self.layout)

    @property
    def clients(self) -> tuple[Client, ...]:
        """The PCs in its table, read anew."""
        return read_clients(self.layout)

    def seats(self, spec: JobSpec) -> dict[str, Client]:
        """Return the seats that it knows, by name."""
        return clients_of(self.clients, spec)

    def image(self, spec: JobSpec) -> Image | None:
        """Return the image, None when there is none of that name."""
        return read_image(self.settings, spec.image)

    def session(self) -> int:
        """Return when Clonezilla was started last, in nanoseconds since 1970; 0 when it does not serve."""
        try:
            return self.layout.session.stat().st_mtime_ns
        except OSError:
            return 0

    def free(self) -> int:
        """Return how many bytes the disk with the images has left. Raises EngineError."""
        ran = self.commands.run(["df", "-B1", "--output=avail", str(self.settings.images)])
        if ran.code != 0 or not ran.said.isdigit():
            raise EngineError(f"df {ran}; look at the disk with {self.settings.images}")
        return int(ran.said)

    def listed(self) -> frozenset[str]:
        """Return the addresses that DRBL serves. Raises EngineError."""
        ran = self.commands.run(["get-client-ip-list"])
        if ran.code != 0:
            raise EngineError(f"get-client-ip-list {ran}; look at {self.layout.dhcpd_conf}")
        return frozenset(ran.output.split())


def problems_of(server: Server, spec: JobSpec, about_image: Callable[[Settings], list[Problem]]) -> tuple[Problem, ...]:
    """Return everything that forbids the job. What the job itself has started already does not.

    ``about_image``: tells what forbids the image for what is to be done with it.
    """
    problems = _programs(server)
    if problems:
        return tuple(problems)
    settings = server.settings
    problems += problems_of_seats(server.layout, server.clients, server.listed(), spec)
    problems += about_image(settings)
    problems += _settings(server, settings)
    problems += problems_of_others(server, spec)
    return tuple(problems)


def problems_of_others(server: Server, spec: JobSpec) -> list[Problem]:
    """Return what else runs or waits on the server: Clonezilla SE would end it, and leave its PCs armed."""
    problems = [
        Problem(
            f"job {job.id} of {job.whose} has this server ({job.phase.value}); wait for its end, or take state "
            "finished for it"
        )
        for job in server.jobs.others(spec)
    ]
    mine = server.jobs.read(spec)
    if mine is not None and mine.phase is not Phase.FINISHED:
        return problems
    if server.session():
        problems.append(Problem(f"{server.layout.session} is there: Clonezilla serves someone; {_STOP}"))
    running = server.commands.processes()
    problems += [
        Problem(f"{name} runs on this server ({pids}); {_WAIT if name == SENDER else _STOP}")
        for name, pids in _grouped(running)
    ]
    names = {client.mac: client.name for client in server.clients}
    problems += [
        Problem(f"{mac} ({names.get(mac, 'not in dhcpd.conf')}) is armed by {boots[0].path}; {_DISARM}")
        for mac, boots in sorted(armed(server.layout, server.clients).items())
    ]
    return problems


_STOP = 'wait for its end, or take drbl-ocs -b -h "<its addresses>" stop; never without -h'
_WAIT = "Clonezilla would kill it; wait for its end"
_DISARM = 'take dcs -h "<its address>" local, or remove the orders from the file'


def _grouped(running: tuple[Process, ...]) -> list[tuple[str, str]]:
    names = sorted({process.name for process in running})
    return [(name, ", ".join(str(one.pid) for one in running if one.name == name)) for name in names]


def _programs(server: Server) -> list[Problem]:
    missing = [name for name in _NEEDED if server.commands.found(name) is None]
    if not missing:
        return []
    names = ", ".join(missing)
    return [
        Problem(f"{names}: not on this machine; run this on the DRBL server, with the packages drbl and clonezilla")
    ]


def _settings(server: Server, settings: Settings) -> list[Problem]:
    problems = []
    if settings.modes is None:
        problems.append(Problem("/etc/drbl/drbl_deploy.conf is not there; run drblpush"))
    elif settings.modes[1] == "none":
        problems.append(Problem("/etc/drbl/drbl_deploy.conf: clonezilla_mode is none; run drblpush with Clonezilla"))
    if settings.trigger not in ("both", "proc-cmdline"):
        problems.append(
            Problem(
                f"/etc/drbl/drbl-ocs.conf: ocs_client_trig_type is {settings.trigger}, which does not show "
                "who is armed; set it to both"
            )
        )
    there = labels(server.layout)
    if "local" not in there or not there & {"clonezilla", "Clonezilla-live"}:
        problems.append(
            Problem(f"{server.layout.pxelinux / 'default'}: it needs the labels local and clonezilla; run drblpush")
        )
    interface = server.wishes.interface
    if interface is not None and not _WORD.match(interface):
        problems.append(Problem(f"interface: {interface} is no name of a network card; use one like eth0"))
    return problems
