# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stopping a job on a DRBL server and proving that none of its seats stays armed, whatever the commands have said.

``drbl-ocs stop`` without -h removes what all rooms boot, and with -h it still ends every udp-sender on the machine. So
it is only given for the addresses of the seats, and only while nobody else sends or is served: otherwise our own
processes are ended and our seats' own boot files are removed, and the others go on.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from ..engine import EngineError, JobSpec, Request
from .boot import Boot, armed, own_files
from .clients import Client, addresses_of
from .commands import LISTENER, SENDER, STARTER, Process
from .jobs import Job, Phase
from .orders import LANGUAGE, left_behind
from .room import Server
from .sender import is_of_job

LOST = "someone else has stopped or started Clonezilla on this server since"
_EVERYONES = ("default", "grub.cfg")
_LAST_COPY = 0.5  # seconds, for the file that a killed drbl-ocs was just having copied


def taken_over(server: Server, spec: JobSpec, job: Job) -> bool:
    """Whether someone else has started Clonezilla after this job did."""
    if not server.session():
        return False
    if job.phase is not Phase.STARTING:
        return server.session() != job.session
    macs = {client.mac for client in server.seats(spec).values()}
    if not armed(server.layout, server.clients).keys() <= macs:
        return True
    return bool(_foreign(server, spec, server.commands.processes()))


def lost(server: Server, spec: JobSpec, job: Job) -> bool:
    """Whether Clonezilla does not serve a job any more that it served."""
    return not server.session() or taken_over(server, spec, job)


def plan(server: Server, spec: JobSpec, job: Job) -> tuple[list[str], ...]:
    """Return the commands that stopping takes: none where nothing of the job is left, or someone else is served."""
    addresses = addresses_of(server.clients, spec)
    if not addresses or taken_over(server, spec, job):
        return ()
    running = server.commands.processes()
    if not _left(server, spec, job, running):
        return ()
    stop = [STARTER, "-b", "-l", LANGUAGE, "-h", addresses, "stop"]
    local = ["dcs", "-l", LANGUAGE, "-h", addresses, "local"]
    return (local,) if _foreign(server, spec, running) else (stop, local)


def disarm(server: Server, spec: JobSpec, job: Job, more: Iterable[str] = ()) -> tuple[Request, ...]:
    """Stop the job; return what was done. Raises EngineError when a seat stays armed or a process stays.

    ``more``: MACs of PCs outside the room that this job's own start has armed.
    """
    alone = not taken_over(server, spec, job)
    steps = plan(server, spec, job)
    done: list[Request] = []
    said: list[str] = []
    if steps and job.phase is Phase.STARTING:
        done += _end_starters(server, spec, job)
    if len(steps) == 1:
        done += _end(server, spec, job)
    for words in steps:
        done.append(Request(shlex.join(words)))
        said.append(f"{words[0]} {server.commands.run(words, server.jobs.log(spec))}")
    if len(steps) > 1:
        done += _end(server, spec, job)
    done += _remove_files(server, spec, frozenset(more))
    wrong = _still_armed(server, spec)
    if alone:
        wrong += [f"{one.name} {one.pid} still runs" for one in _own(server, spec, job, server.commands.processes())]
    if wrong:
        what = "; ".join(wrong)
        raise EngineError(f"job {spec.id}: after stopping it {what} ({'; '.join(said) or 'no command was run'})")
    return tuple(done)


def _left(server: Server, spec: JobSpec, job: Job, running: tuple[Process, ...]) -> bool:
    """Whether anything of the job is there: what runs, what is armed, what boots anything else than a disk."""
    clients = server.seats(spec).values()
    return (
        job.phase is Phase.STARTING
        or server.session() != 0
        or bool(_still_armed(server, spec))
        or bool(_own(server, spec, job, running))
        or any(server.layout.orders(client.address).exists() for client in clients)
        or any(not boot.local for client in clients for boot in own_files(server.layout, client))
    )


def _still_armed(server: Server, spec: JobSpec) -> list[str]:
    macs = {client.mac for client in server.seats(spec).values()}
    found = armed(server.layout, server.clients)
    return [f"{mac} is still armed by {found[mac][0].path}" for mac in sorted(macs & found.keys())]


def _own(server: Server, spec: JobSpec, job: Job, running: tuple[Process, ...]) -> tuple[Process, ...]:
    """Return the processes of Clonezilla SE that serve this job, given that it serves nobody else."""
    port = server.settings.port
    return left_behind(job.words, running) + tuple(
        one for one in running if one.name == LISTENER or (one.name == SENDER and is_of_job(one, spec, port))
    )


def _foreign(server: Server, spec: JobSpec, running: tuple[Process, ...]) -> list[Process]:
    """Return the senders of others, FOG's for example: ``drbl-ocs stop`` would kill them."""
    port = server.settings.port
    return [one for one in running if one.name == SENDER and not is_of_job(one, spec, port)]


def _end(server: Server, spec: JobSpec, job: Job) -> list[Request]:
    """End what is left of our own processes, and remove Clonezilla's lock."""
    done = []
    for process in _own(server, spec, job, server.commands.processes()):
        server.commands.end(process)
        done.append(Request(f"kill {process.pid} ({process.name})"))
    if server.session():
        server.layout.session.unlink(missing_ok=True)
        done.append(Request(f"rm {server.layout.session}"))
    return done


def _end_starters(server: Server, spec: JobSpec, job: Job) -> list[Request]:
    """End the drbl-ocs of a run that died, which would go on arming: stopping ends it only once it serves."""
    starters = [one for one in _own(server, spec, job, server.commands.processes()) if one.name == STARTER]
    for process in starters:
        server.commands.end(process)
    if starters:
        server.commands.pause(_LAST_COPY)
    return [Request(f"kill {process.pid} ({process.name})") for process in starters]


def _remove_files(server: Server, spec: JobSpec, more: frozenset[str]) -> list[Request]:
    """Remove the boot files that still give orders, and what DRBL leaves behind for our seats."""
    seats = server.seats(spec).values()
    gone = [path for client in seats for path in _leftovers(server, client)]
    found = armed(server.layout, server.clients)
    gone += [boot.path for mac in sorted(more) for boot in found.get(mac, ()) if boot.path.name not in _EVERYONES]
    for path in gone:
        path.unlink(missing_ok=True)
    return [Request(f"rm {path}") for path in gone]


def _leftovers(server: Server, client: Client) -> list[Path]:
    """Return what is to go of one seat.

    DRBL looks PCs up by the beginning of their address: of 10.0.0.1 it finds those of 10.0.0.10 to 19 too, and then
    does not remove the file that ocsmgrd wrote for the MAC. That one comes first at the next start, so that the seat
    would not take part. It goes where the seat's other file says the same.
    """
    orders = server.layout.orders(client.address)
    gone = [orders] if orders.exists() else []
    by_folder: dict[Path, list[Boot]] = {}
    for boot in own_files(server.layout, client):
        by_folder.setdefault(boot.path.parent, []).append(boot)
        if boot.any_order:
            gone.append(boot.path)
    for boots in by_folder.values():
        if len(boots) > 1 and all(boot.local and not boot.any_order for boot in boots):
            gone.append(boots[0].path)
    return gone
