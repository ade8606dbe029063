# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A run that is abandoned without a person sees what the one before it saw, as Ansible reads its command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.cli.playbook import PlaybookCLI
from ansible_collections.nightshift.fleet.plugins.plugin_utils.guard.called import Called

PLAYBOOK = "nightshift.fleet.reimage"
LEFT_OUT = ("args", "extra_vars", "subset", "check", "tags", "verbosity")


def options_of(*arguments: str) -> dict[str, Any]:
    """Return what Ansible makes of a command line."""
    cli = PlaybookCLI(["ansible-playbook", *arguments])
    cli.init_parser()
    return vars(cli.post_process_args(cli.parser.parse_args(list(arguments))))


def again(*arguments: str, **variables: object) -> list[str]:
    """Return the arguments of the second call."""
    command = Called(options_of(*arguments)).again(PLAYBOOK, variables)
    assert command[2:5] == ["-m", "ansible.cli.playbook", PLAYBOOK]
    return command[4:]


def test_all_that_a_call_was_told_is_told_again(tmp_path: Path) -> None:
    (tmp_path / "vault").write_text("secret", encoding="utf-8")
    call = [
        "mine.yml", "-i", str(tmp_path / "hosts.yml"), "-i", "a,b", "-e", "x=1", "-e", f"@{tmp_path}/x y.yml",
        "--vault-id", f"dev@{tmp_path}/vault", "--vault-password-file", str(tmp_path / "vault"), "-u", "admin",
        "-c", "winrm", "-T", "30", "-f", "9", "--private-key", str(tmp_path / "key"), "-b", "--become-user", "root",
        "--become-method", "su", "--ssh-common-args", "-o ProxyJump=relay", "--ssh-extra-args=-v",
        "-M", str(tmp_path), "--connection-password-file", str(tmp_path / "vault"), "--limit", "a", "--tags", "t", "-v",
    ]  # fmt: skip
    before, after = options_of(*call), options_of(*again(*call, nightshift_room="B 204", nightshift_abandon=True))
    assert {**before, **dict.fromkeys(LEFT_OUT)} == {**after, **dict.fromkeys(LEFT_OUT)}
    assert after["args"] == [PLAYBOOK]
    *first, ours = after["extra_vars"]
    assert tuple(first) == tuple(before["extra_vars"])
    assert json.loads(ours) == {"nightshift_room": "B 204", "nightshift_abandon": True}


def test_nothing_is_added_to_a_call_that_was_told_nothing() -> None:
    before, after = options_of(PLAYBOOK), options_of(*again(PLAYBOOK))
    assert {**before, "extra_vars": None} == {**after, "extra_vars": None}


@pytest.mark.parametrize("arguments", [["-J"], ["--vault-id", "dev@prompt"], ["--vault-id", "prompt"]])
def test_a_vault_password_that_was_typed_cannot_be_had_again(arguments: list[str]) -> None:
    assert "a vault password was asked for" in Called(options_of(PLAYBOOK, *arguments)).once_only()


def test_neither_can_one_that_the_settings_ask_for(tmp_path: Path) -> None:
    assert "was asked for" in Called(options_of(PLAYBOOK), vault_ids=["dev@prompt"]).once_only()
    assert Called(options_of(PLAYBOOK), vault_ids=[f"dev@{tmp_path}/vault"]).once_only() == ""


@pytest.mark.parametrize(
    "option", ["--vault-password-file={}", "--vault-id=dev@{}", "--extra-vars=@{}", "--inventory={}"]
)
def test_what_came_through_a_pipe_cannot_be_had_again_and_a_file_can(tmp_path: Path, option: str) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("x", encoding="utf-8")
    found = Called(options_of(PLAYBOOK, option.format(pipe))).once_only()
    assert found == f"{pipe} can be read only once; give it as a file"
    assert "/fd/63 can be read only once" in Called(options_of(PLAYBOOK, option.format("/dev/fd/63"))).once_only()
    assert Called(options_of(PLAYBOOK, option.format(file))).once_only() == ""


def test_passwords_for_connections_that_were_typed_are_known_of() -> None:
    assert (
        Called(options_of(PLAYBOOK, "-k")).asked_to_connect() and Called(options_of(PLAYBOOK, "-K")).asked_to_connect()
    )
    assert not Called(options_of(PLAYBOOK)).asked_to_connect()


def test_a_playbook_of_somebody_else_is_told_from_the_collections(tmp_path: Path) -> None:
    assert Called(options_of(PLAYBOOK)).of_playbook(PLAYBOOK)
    assert Called(options_of("/x/nightshift/fleet/playbooks/reimage.yml")).of_playbook(PLAYBOOK)
    assert not Called(options_of("mine.yml")).of_playbook(PLAYBOOK)
    assert not Called(options_of(PLAYBOOK, "mine.yml")).of_playbook(PLAYBOOK)


def test_the_second_call_takes_the_same_collections() -> None:
    assert Called({}, ["/a", "/b"]).environment() == {"ANSIBLE_COLLECTIONS_PATH": f"/a{os.pathsep}/b"}
    assert Called({}).environment() == {}
