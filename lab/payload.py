# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a controller asks for: Ansible's command line and standard input, decoded into a ``ModuleCall``.

Sans-IO. Two layouts exist (source: ``ansible/executor/powershell/module_manifest.py``
of each version; ``tests/unit/lab/payload`` holds one trimmed sample per version):

* ansible-core 2.18: the exec wrapper's text, four NUL bytes, one flat JSON manifest
  (``actions``, ``module_args``, ``async_jid``, ``become_user``, ...);
* ansible-core 2.19 to 2.21: a JSON bootstrap, a line of four NUL bytes, a JSON
  manifest of ``scripts`` and ``actions`` (each with its parameters), and for
  Ansible's own helper scripts another such line and their input.

The scripts inside stay base64: only a script without a module name is decoded.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lab.endpoint import AsyncRequest, ModuleCall

_MARKER = b"\0\0\0\0"
_LINE_MARKER = b"\n\0\0\0\0\n"
_OPTION_PREFIX = "_ansible_"
_ENCODED_COMMAND = re.compile(
    r"^\s*\"?(?:[^\"\s]*\\)?(?:powershell|pwsh)(?:\.exe)?\"?\s(?:.*\s)?-e(?:c|nc|ncodedcommand)?\s+\"?([A-Za-z0-9+/=]+)\"?",
    re.IGNORECASE | re.DOTALL,
)
_COLLECTION_SCRIPT = re.compile(r"^ansible_collections\.(\w+\.\w+)\.plugins\.modules\.([\w.]+)$")
_DEEPEST_NESTING = 4  # core 2.18 wraps its encoded bootstrap in a second encoded command


class PayloadError(ValueError):
    """The input looks like Ansible's payload and cannot be decoded."""


def decode(command_line: str, stdin: bytes) -> ModuleCall:
    """What ``command_line``, fed with ``stdin``, would run on a Windows device.

    Raises:
        PayloadError: the manifest is not JSON, or not of a known layout.
    """
    if _MARKER not in stdin:
        return ModuleCall(name="", raw=innermost_script(command_line), stdin=stdin)
    try:
        if stdin.lstrip().startswith(b"{"):
            _, manifest, script_input = _three_parts(stdin)
            return _from_action_manifest(json.loads(manifest), script_input)
        return _from_flat_manifest(json.loads(stdin.partition(_MARKER)[2]))
    except (KeyError, TypeError, IndexError, ValueError) as error:
        message = f"exec manifest: {type(error).__name__} {error}; expected the layout of ansible-core 2.18 to 2.21"
        raise PayloadError(message) from error


def innermost_script(command_line: str) -> str:
    """The PowerShell text behind (nested) ``-EncodedCommand``; any other command line as it is."""
    script = command_line
    for _ in range(_DEEPEST_NESTING):
        match = _ENCODED_COMMAND.match(script)
        if match is None:
            break
        try:
            script = base64.b64decode(match.group(1), validate=True).decode("utf-16-le")
        except (binascii.Error, UnicodeDecodeError):
            break
    return script


def _three_parts(stdin: bytes) -> tuple[bytes, bytes, bytes]:
    bootstrap, _, rest = stdin.partition(_LINE_MARKER)
    manifest, _, script_input = rest.partition(_LINE_MARKER)
    return bootstrap, manifest, script_input


def _from_action_manifest(manifest: Mapping[str, Any], script_input: bytes) -> ModuleCall:
    actions = {action["name"]: action["params"] for action in manifest["actions"]}
    last_name = manifest["actions"][-1]["name"]
    last = actions[last_name]
    if last_name != "module_wrapper.ps1":  # one of Ansible's helper scripts: temporary folders, file transfer
        return ModuleCall(name="", raw=last_name, arguments=last, stdin=script_input)
    environment = last.get("Environment") or {}
    become = actions.get("become_wrapper.ps1")
    become_user = None if become is None else str(become["BecomeUser"])
    if not last.get("ForModule"):
        script = _text(manifest["scripts"][last["Script"]]["script"])
        return ModuleCall(name="", raw=script, environment=environment, become_user=become_user)
    return _module_call(
        script=last["Script"],
        arguments=_complex_arguments(last["Variables"]),
        environment=environment,
        become_user=become_user,
        asynchronous=_asynchronous_actions(actions),
    )


def _asynchronous_actions(actions: Mapping[str, Mapping[str, Any]]) -> AsyncRequest | None:
    wrapper, watchdog = actions.get("async_wrapper.ps1"), actions.get("async_watchdog.ps1")
    if wrapper is None or watchdog is None:
        return None
    return AsyncRequest(job_id=str(wrapper["AsyncJid"]), timeout_seconds=int(watchdog["Timeout"]))


def _complex_arguments(variables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for variable in variables:
        if variable["Name"] == "complex_args":
            value: Mapping[str, Any] = variable["Value"]
            return value
    raise KeyError("complex_args")


def _from_flat_manifest(manifest: Mapping[str, Any]) -> ModuleCall:
    actions = manifest["actions"]
    environment = manifest.get("environment") or {}
    become_user = str(manifest["become_user"]) if "become_wrapper" in actions else None
    if actions[-1] == "module_script_wrapper":
        script = _text(manifest["module_entry"])
        return ModuleCall(name="", raw=script, environment=environment, become_user=become_user)
    asynchronous = None
    if "async_wrapper" in actions:
        asynchronous = AsyncRequest(str(manifest["async_jid"]), int(manifest["async_timeout_sec"]))
    return _module_call(
        script="",
        arguments=manifest["module_args"],
        environment=environment,
        become_user=become_user,
        asynchronous=asynchronous,
    )


def _module_call(
    *,
    script: str,
    arguments: Mapping[str, Any],
    environment: Mapping[str, str],
    become_user: str | None,
    asynchronous: AsyncRequest | None,
) -> ModuleCall:
    options = {
        key.removeprefix(_OPTION_PREFIX): value for key, value in arguments.items() if key.startswith(_OPTION_PREFIX)
    }
    return ModuleCall(
        name=_module_name(script, options),
        arguments={key: value for key, value in arguments.items() if not key.startswith(_OPTION_PREFIX)},
        check_mode=bool(options.get("check_mode", False)),
        diff=bool(options.get("diff", False)),
        options=options,
        environment=environment,
        become_user=become_user,
        asynchronous=asynchronous,
    )


def _module_name(script: str, options: Mapping[str, Any]) -> str:
    """``namespace.collection.module`` where the script names it, else what the task was written as."""
    match = _COLLECTION_SCRIPT.match(script.removesuffix(".ps1"))
    if match:
        return f"{match.group(1)}.{match.group(2)}"
    return str(options["module_name"])


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode("utf-8-sig", "replace")
