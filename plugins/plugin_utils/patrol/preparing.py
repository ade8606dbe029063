# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the turns of all devices need alike, worked out once in the main process, before workers are forked.

Ansible forks a worker for each device and task. What is in memory then costs the worker nothing:
compiled statements of the ledger, the openings of the policies' windows, what OpenSSL
sets up with the first context of a process.
"""

from __future__ import annotations

import gc
import ssl
from datetime import timedelta

from ..ledger import Holder, prepare, reopen
from ..planner.model import DeviceState, Observation, Scan, ScanTrust, Severity, Update
from ..planner.plan import plan
from .payload import prepare_payload
from .session import Session

_prepared: set[str] = set()  # patrols that this process is prepared for


def prepare_turns(session: Session) -> None:
    """Prepare this process for forking the workers of a run; only the first call of a run does something."""
    if session.patrol in _prepared:
        return
    _prepared.add(session.patrol)
    prepare(session.ledger)
    reopen(session.ledger)
    Holder.here(session.patrol)
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for module in ("win_patch_report", "win_patch_scan"):
        prepare_payload(module)
    now = session.clock.now()
    week = timedelta(days=7)
    state = DeviceState(
        known_since=now - week,
        scan=Scan("prepare", now, ScanTrust.TRUSTED),
        missing=(Update("prepare", severity=Severity.CRITICAL, released=now - week),),
        observation=Observation(now, boot_time=now - week, pending_restart=("prepare",)),
    )
    devices = {member.policy: member.device for member in session.members.values()}
    for key, device in devices.items():
        plan(device, session.policies[key].policy, state, now)
    gc.freeze()  # else a worker that collects garbage copies the memory of the whole fleet
