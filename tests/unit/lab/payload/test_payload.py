# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the lab understands of the payloads of each supported ansible-core.

``core-*.json`` are recordings of stock ``ansible-playbook`` (the same five tasks
with each version), their scripts trimmed. The tests of the installed core build
whole payloads with its own ``module_manifest``.
"""

from __future__ import annotations

import base64
import inspect
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.endpoint import AsyncRequest, ModuleCall
from lab.payload import PayloadError, decode, innermost_script

RECORDINGS = sorted(Path(__file__).parent.glob("core-*.json"))
TRIMMED = base64.b64encode(b"# trimmed").decode()


def recorded(path: Path, task: str) -> tuple[str, bytes]:
    sample = json.loads(path.read_text(encoding="utf-8"))[task]
    return sample["command_line"], sample["stdin"].encode()


@pytest.fixture(params=RECORDINGS, ids=lambda path: path.stem)
def recording(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_is_a_recording_for_each_supported_core() -> None:
    assert [path.stem for path in RECORDINGS] == ["core-2.18", "core-2.19", "core-2.20", "core-2.21"]


def test_a_module_in_check_and_diff_mode_is_decoded_with_its_environment(recording: Path) -> None:
    call = decode(*recorded(recording, "module"))
    assert call.name == "ansible.windows.win_ping"
    assert call.arguments == {"data": "C:\\ü"}
    assert (call.check_mode, call.diff) == (True, True)
    assert call.environment == {"PATCH": "night"}
    assert call.options["version"].startswith(recording.stem.removeprefix("core-"))
    assert (call.become_user, call.asynchronous, call.raw) == (None, None, "")


def test_an_async_module_is_decoded_with_job_id_and_timeout(recording: Path) -> None:
    call = decode(*recorded(recording, "async"))
    assert (call.name, call.arguments) == ("ansible.windows.win_ping", {"data": "hello"})
    assert call.asynchronous is not None
    assert call.asynchronous.timeout_seconds == 600
    assert call.asynchronous.job_id.startswith("j")
    assert not call.check_mode


def test_a_module_behind_become_is_decoded_with_the_user_it_becomes(recording: Path) -> None:
    call = decode(*recorded(recording, "become"))
    assert (call.name, call.become_user) == ("ansible.windows.win_ping", "SYSTEM")


def test_a_raw_command_is_passed_on_without_a_name(recording: Path) -> None:
    call = decode(*recorded(recording, "raw"))
    assert (call.name, call.raw) == ("", "ipconfig /all")


def test_the_temporary_folder_of_ansible_is_recognisable(recording: Path) -> None:
    call = decode(*recorded(recording, "temporary_folder"))
    assert call.name == ""
    if recording.stem == "core-2.18":
        assert "New-Item -Type Directory" in call.raw
    else:
        assert call.raw == "powershell_mkdtemp.ps1"
        assert call.arguments["Directory"] == "%TEMP%"


def test_scripts_that_are_not_needed_are_not_decoded(recording: Path) -> None:
    line, stdin = recorded(recording, "module")
    call = decode(line, stdin.replace(TRIMMED.encode(), b"*not base64*"))
    assert call.name == "ansible.windows.win_ping"


@pytest.mark.parametrize("keep", [0.5, 0.95])
def test_a_truncated_manifest_is_named_as_such(recording: Path, keep: float) -> None:
    line, stdin = recorded(recording, "module")
    marker = stdin.index(b"\0\0\0\0") + 6
    with pytest.raises(PayloadError, match=r"exec manifest: .* expected the layout of ansible-core 2\.18 to 2\.21"):
        decode(line, stdin[: marker + int((len(stdin) - marker) * keep)])


def test_input_of_a_helper_script_is_kept() -> None:
    manifest = {"scripts": {}, "actions": [{"name": "winrm_put_file.ps1", "params": {"Path": "C:\\x"}}]}
    stdin = b"{}\n\0\0\0\0\n" + json.dumps(manifest).encode() + b"\n\0\0\0\0\naGk=\r\n"
    call = decode("powershell -EncodedCommand AAAA", stdin)
    assert (call.raw, call.arguments, call.stdin) == ("winrm_put_file.ps1", {"Path": "C:\\x"}, b"aGk=\r\n")


def test_a_script_without_module_is_given_as_its_text() -> None:
    manifest = {
        "scripts": {"hello.ps1": {"path": "hello.ps1", "script": base64.b64encode(b"Write-Output hi").decode()}},
        "actions": [{"name": "module_wrapper.ps1", "params": {"Script": "hello.ps1", "Environment": {}}}],
    }
    call = decode("powershell -EncodedCommand AAAA", b"{}\n\0\0\0\0\n" + json.dumps(manifest).encode())
    assert call == ModuleCall(name="", raw="Write-Output hi")


@pytest.mark.parametrize(
    "line",
    [
        "ipconfig /all",
        "cmd.exe /c echo -EncodedCommand AAAA",
        "powershell.exe -Command Get-Date",
        "powershell -EncodedCommand notbase64!",
    ],
)
def test_a_command_line_that_is_not_encoded_stays_as_it_is(line: str) -> None:
    assert innermost_script(line) == line


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(1, 3))
def test_any_script_survives_nested_encoding(script: str, depth: int) -> None:
    line = f"# {script}"
    for flag in ("-EncodedCommand", "-enc", "-e")[:depth]:
        encoded = base64.b64encode(line.encode("utf-16-le")).decode()
        line = f"PowerShell -NoProfile -NonInteractive {flag} {encoded}"
    assert innermost_script(line) == f"# {script}"


MODULE = b"#!powershell\n#AnsibleRequires -CSharpUtil Ansible.Basic\n$null = 1\n"
ARGUMENTS = {
    "state": "installed",
    "updates": ["a", "b"],
    "_ansible_check_mode": True,
    "_ansible_module_name": "nightshift.fleet.win_patch_apply",
}


class TestInstalledCore:
    """The manifest that the running interpreter's own ansible-core builds."""

    def payload(self, *, async_timeout: int) -> bytes:
        manifest = pytest.importorskip("ansible.executor.powershell.module_manifest")
        name = "ansible_collections.nightshift.fleet.plugins.modules.win_patch_apply"
        possible = {
            "name": name,
            "module_fqn": name,
            "module_data": MODULE,
            "b_module_data": MODULE,
            "module_path": "win_patch_apply.ps1",
            "module_args": ARGUMENTS,
            "environment": {"ANSIBLE_ASYNC_DIR": "%TEMP%"},
            "async_timeout": async_timeout,
            "become_plugin": None,
            "become": False,
            "become_method": None,
            "become_user": None,
            "become_password": None,
            "become_flags": None,
            "substyle": "powershell",
            "task_vars": {},
            "profile": "legacy",
            "pwsh_interpreter": None,
        }
        wanted = inspect.signature(manifest._create_powershell_wrapper).parameters
        return manifest._create_powershell_wrapper(**{name: possible[name] for name in wanted})

    def test_a_module_is_decoded(self) -> None:
        call = decode("powershell -EncodedCommand AAAA", self.payload(async_timeout=0))
        assert call.name == "nightshift.fleet.win_patch_apply"
        assert call.arguments == {"state": "installed", "updates": ["a", "b"]}
        assert call.check_mode
        assert call.asynchronous is None

    def test_an_async_module_is_decoded(self) -> None:
        call = decode("powershell -EncodedCommand AAAA", self.payload(async_timeout=42))
        assert isinstance(call.asynchronous, AsyncRequest)
        assert call.asynchronous.timeout_seconds == 42
