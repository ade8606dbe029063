# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The seam of the lab: what the WinRM half and the simulated device know of each other.

The transport (``lab.winrm``) decodes what Ansible sends into a ``ModuleCall``
and hands it to an ``Endpoint``; the device (``lab.device``) answers with a
``ModuleReply`` and never sees HTTP, SOAP or PowerShell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class AsyncRequest:
    """That a module was started with ``async:``; ``job_id`` is Ansible's, ``timeout_seconds`` its limit."""

    job_id: str
    timeout_seconds: int


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One module (or raw command) that a controller asks a device to run.

    ``name`` is the module's name as Ansible resolved it, without ``.ps1``
    (``nightshift.fleet.win_patch_scan``); it is ``""`` for anything that is not
    a module, and then ``raw`` holds the command as the device would see it, or
    the name of one of Ansible's own helper scripts (``powershell_mkdtemp.ps1``,
    with its parameters in ``arguments``; ansible-core 2.19 and newer).
    ``arguments`` are the task's own arguments; Ansible's ``_ansible_*`` ones are
    in ``options`` under their short names (``verbosity``, ``no_log``, ...).
    """

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    check_mode: bool = False
    diff: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    become_user: str | None = None
    asynchronous: AsyncRequest | None = None
    raw: str = ""
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class ModuleReply:
    """What the device answers: ``stdout`` is JSON text for a module, ``rc`` the exit code of the command."""

    stdout: str = ""
    stderr: str = ""
    rc: int = 0


class FaultKind(Enum):
    """The ways in which the network or a listener misbehaves."""

    REFUSE = "refuse"  # the connection is reset; the operation is not carried out
    HANG = "hang"  # the request is accepted, not carried out and never answered
    CUT = "cut"  # the operation is carried out, and the connection closes in the middle of the reply
    SLOW = "slow"  # every answer comes ``delay_seconds`` late (real seconds)


@dataclass(frozen=True, slots=True)
class TransportFault:
    """A fault for one request. ``delay_seconds`` counts for SLOW; ``cut_after_bytes`` for CUT.

    ``operations`` limits the fault to WS-Man operations by name (``Create``,
    ``Command``, ``Send``, ``Receive``, ``Signal``, ``Delete``); empty means all.
    """

    kind: FaultKind
    delay_seconds: float = 0.0
    cut_after_bytes: int = 100
    operations: frozenset[str] = frozenset()


class Endpoint(Protocol):
    """One device as the transport sees it."""

    @property
    def name(self) -> str:
        """The device's name in the inventory."""

    @property
    def address(self) -> str:
        """Its own loopback address, ``127.x.y.z``."""

    @property
    def user(self) -> str:
        """The account that may log on through WinRM."""

    @property
    def password(self) -> str:
        """That account's password."""

    def answering(self) -> bool:
        """Whether it is powered on with its network up now; if not, connections are refused."""

    async def run(self, call: ModuleCall) -> ModuleReply:
        """Run the call to its end."""

    def fault(self) -> TransportFault | None:
        """The transport fault that a request meets; asked once per request that has logged on and is readable."""
