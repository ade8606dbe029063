# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules that a simulated PC can run, by name; anything else fails in words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...endpoint import ModuleCall, ModuleReply
from ..arguments import ArgumentError, Spec, check
from . import (
    apply,
    image_marker,
    ping,
    report,
    restart,
    scan,
    seat_check,
    setup,
    sysprep,
    sysprep_check,
    wake_call,
    win_updates,
)
from .outcome import ModuleFailure

if TYPE_CHECKING:
    from ..pc import SimulatedPC

Runner = Callable[["SimulatedPC", Mapping[str, Any], bool], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Module:
    spec: Spec
    run: Runner


_OURS = ("", "nightshift.fleet.", "ansible.legacy.")
_WINDOWS = ("", "ansible.windows.", "ansible.legacy.", "ansible.builtin.")
_MODULES: Mapping[str, _Module] = {
    **{prefix + "win_patch_scan": _Module(scan.SPEC, scan.run) for prefix in _OURS},
    **{prefix + "win_patch_apply": _Module(apply.SPEC, apply.run) for prefix in _OURS},
    **{prefix + "win_patch_report": _Module(report.SPEC, report.run) for prefix in _OURS},
    **{prefix + "win_patch_restart": _Module(restart.SPEC, restart.run) for prefix in _OURS},
    **{prefix + "win_seat_check": _Module(seat_check.SPEC, seat_check.run) for prefix in _OURS},
    **{prefix + "win_image_marker": _Module(image_marker.SPEC, image_marker.run) for prefix in _OURS},
    **{prefix + "win_sysprep_check": _Module(sysprep_check.SPEC, sysprep_check.run) for prefix in _OURS},
    **{prefix + "win_sysprep": _Module(sysprep.SPEC, sysprep.run) for prefix in _OURS},
    **{prefix + "win_wake_call": _Module(wake_call.SPEC, wake_call.run) for prefix in _OURS},
    **{prefix + "win_ping": _Module(ping.SPEC, ping.run) for prefix in _WINDOWS},
    **{prefix + "win_updates": _Module(win_updates.SPEC, win_updates.run) for prefix in _WINDOWS},
    **{prefix + "setup": _Module(setup.SPEC, setup.run) for prefix in _WINDOWS},
}


async def answer(pc: SimulatedPC, call: ModuleCall) -> ModuleReply:
    """Run one call and print what Ansible's wrapper would."""
    if not call.name:
        return ModuleReply(stderr=f"the simulated PC runs modules only, not: {call.raw[:80]}", rc=1)
    module = _MODULES.get(call.name)
    if module is None:
        known = ", ".join(sorted(name for name in _MODULES if name.count(".") == 2))
        return _failed(f"the simulated PC has no module {call.name}; it knows {known}", dict(call.arguments))
    try:
        params = check(call.name, module.spec, call.arguments)
    except ArgumentError as problem:
        return _failed(str(problem), dict(call.arguments))
    try:
        result = await module.run(pc, params, call.check_mode)
    except ModuleFailure as failure:
        return _failed(str(failure), _shown(module.spec, params))
    return ModuleReply(_text({**result, "invocation": {"module_args": _shown(module.spec, params)}}))


def _shown(spec: Spec, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as Ansible.Basic shows them: secrets hidden."""
    hidden = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    return {name: hidden if spec[name].no_log and value is not None else value for name, value in params.items()}


def _failed(message: str, arguments: Mapping[str, Any]) -> ModuleReply:
    form = {"changed": False, "failed": True, "msg": message, "invocation": {"module_args": arguments}}
    return ModuleReply(_text(form), rc=1)


def _text(form: Mapping[str, Any]) -> str:
    return json.dumps(form, separators=(",", ":"), ensure_ascii=False) + "\r\n"
