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
from .arming import LANGUAGE, left_behind
from .boot import Boot, armed, own_files
from .clients import Client, addresses_of
from .commands import LISTENER, SENDER, STARTER, Process
from .jobs import Job, Phase
from .room import Server
from .sender import is_of_job


def own_processes(server: Server, spec: JobSpec) -> tuple[Process, ...]:
    """Return the processes of Clonezilla SE that serve this job, given that it serves this job."""
    image = server.image(spec)
    starters = left_behind(server, spec, image) if image is not None and image.disk else ()
    port = server.settings.port
    return starters + tuple(
        process
        for process in server.commands.processes()
        if process.name == LISTENER or (process.name == SENDER and is_of_job(process, spec, port))
    )


def taken_over(server: Server, spec: JobSpec, job: Job) -> bool:
    """Whether someone else has started Clonezilla after this job did."""
    if not server.session():
        return False
    if job.phase is not Phase.STARTING:
        return server.session() != job.session
    macs = {client.mac for client in server.seats(spec).values()}
    return bool(_foreign_senders(server, spec)) or not armed(server.layout, server.clients).keys() <= macs


def plan(server: Server, spec: JobSpec, job: Job) -> tuple[list[str], ...]:
    """Return the commands that stopping takes: none where nothing of the job is left, or someone else is served."""
    addresses = addresses_of(server.clients, spec)
    if not addresses or taken_over(server, spec, job) or not _left(server, spec, job):
        return ()
    stop = [STARTER, "-b", "-l", LANGUAGE, "-h", addresses, "stop"]
    local = ["dcs", "-l", LANGUAGE, "-h", addresses, "local"]
    return (local,) if _foreign_senders(server, spec) else (stop, local)


def disarm(server: Server, spec: JobSpec, job: Job, more: Iterable[str] = ()) -> tuple[Request, ...]:
    """Stop the job; return what was done. Raises EngineError when a seat stays armed or a process stays.

    ``more``: MACs of PCs outside the room that this job's own start has armed.
    """
    alone = not taken_over(server, spec, job)
    done: list[Request] = []
    said: list[str] = []
    steps = plan(server, spec, job)
    if alone and steps and _foreign_senders(server, spec):
        done += _end(server, spec)
    for words in steps:
        done.append(Request(shlex.join(words)))
        said.append(f"{words[0]} {server.commands.run(words, server.jobs.log(spec))}")
    if alone and steps:
        done += _end(server, spec)
    done += _remove_files(server, spec, frozenset(more))
    wrong = _still(server, spec, job)
    if wrong:
        what = "; ".join(wrong)
        raise EngineError(f"job {spec.id}: after stopping it {what} ({'; '.join(said) or 'no command was run'})")
    return tuple(done)


def _left(server: Server, spec: JobSpec, job: Job) -> bool:
    orders = (server.layout.orders(client.address) for client in server.seats(spec).values())
    return (
        job.phase is Phase.STARTING
        or server.session() != 0
        or bool(_still(server, spec, job))
        or any(path.exists() for path in orders)
    )


def _still(server: Server, spec: JobSpec, job: Job) -> list[str]:
    macs = {client.mac for client in server.seats(spec).values()}
    found = armed(server.layout, server.clients)
    wrong = [f"{mac} is still armed by {found[mac][0].path}" for mac in sorted(macs & found.keys())]
    if not taken_over(server, spec, job):
        wrong += [f"{one.name} {one.pid} still runs" for one in own_processes(server, spec)]
    return wrong


def _foreign_senders(server: Server, spec: JobSpec) -> list[Process]:
    """Return the senders of others, FOG's for example: ``drbl-ocs stop`` would kill them."""
    port = server.settings.port
    running = server.commands.processes()
    return [process for process in running if process.name == SENDER and not is_of_job(process, spec, port)]


def _end(server: Server, spec: JobSpec) -> list[Request]:
    """End what is left of our own processes, and remove Clonezilla's lock."""
    done = []
    for process in own_processes(server, spec):
        server.commands.end(process)
        done.append(Request(f"kill {process.pid} ({process.name})"))
    if server.session():
        server.layout.session.unlink(missing_ok=True)
        done.append(Request(f"rm {server.layout.session}"))
    return done


def _remove_files(server: Server, spec: JobSpec, more: frozenset[str]) -> list[Request]:
    """Remove the boot files that still give orders, and what DRBL leaves behind for our seats."""
    seats = server.seats(spec).values()
    gone = [path for client in seats for path in _leftovers(server, client)]
    found = armed(server.layout, server.clients)
    gone += [boot.path for mac in sorted(more) for boot in found.get(mac, ()) if boot.path.name not in _EVERYONES]
    for path in gone:
        path.unlink(missing_ok=True)
    return [Request(f"rm {path}") for path in gone]


_EVERYONES = ("default", "grub.cfg")


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
