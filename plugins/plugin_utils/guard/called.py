# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How this ansible-playbook was called, and how another one is called that sees the same inventory and secrets."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context

from ..patrol.inventory_facts import plain

COLLECTIONS = Path(__file__).parents[6]  # the folder that holds ansible_collections
_MANY = {
    "inventory": "--inventory",
    "extra_vars": "--extra-vars",
    "vault_ids": "--vault-id",
    "vault_password_files": "--vault-password-file",
    "module_path": "--module-path",
}
_ONE = {
    "connection": "--connection",
    "remote_user": "--user",
    "timeout": "--timeout",
    "forks": "--forks",
    "private_key_file": "--private-key",
    "ssh_common_args": "--ssh-common-args",
    "ssh_extra_args": "--ssh-extra-args",
    "sftp_extra_args": "--sftp-extra-args",
    "scp_extra_args": "--scp-extra-args",
    "become_method": "--become-method",
    "become_user": "--become-user",
    "connection_password_file": "--connection-password-file",
    "become_password_file": "--become-password-file",
}
_PROMPTS = ("prompt", "prompt_ask_vault_pass")
_STREAMS = ("/dev/fd/", "/dev/stdin", "/proc/")


@dataclass(frozen=True, slots=True)
class Called:
    """A call of ansible-playbook. ``options``: ``ansible.context.CLIARGS``; ``vault_ids``: those of its settings.

    ``collections``: where collections are looked for.
    """

    options: Mapping[str, Any]
    collections: Sequence[str] = ()
    vault_ids: Sequence[str] = ()

    @classmethod
    def here(cls) -> Called:
        """Return the call of which this process is a part."""
        vault_ids = [*(C.DEFAULT_VAULT_IDENTITY_LIST or ()), *filter(None, [C.DEFAULT_VAULT_PASSWORD_FILE])]
        return cls(context.CLIARGS, [str(COLLECTIONS), *C.COLLECTIONS_PATHS], vault_ids)

    def again(self, playbook: str, variables: Mapping[str, object]) -> list[str]:
        """Return the command that plays ``playbook`` with all that this call was told, and with ``variables``.

        Tags, a limit and check mode are left out. Nothing is on its command line that was not on this one's.
        """
        command = [sys.executable, "-P", "-m", "ansible.cli.playbook", playbook]
        command += [f"{option}={value}" for name, option in _MANY.items() for value in self._all(name)]
        command += [f"{option}={self.options[name]}" for name, option in _ONE.items() if self.options.get(name)]
        command += ["--become"] if self.options.get("become") else []
        return [*command, f"--extra-vars={json.dumps(plain(variables))}"]

    def environment(self) -> dict[str, str]:
        """Return what the environment of that command needs besides this one: it takes the same collections."""
        return {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(self.collections)} if self.collections else {}

    def once_only(self) -> str:
        """Return what of this call cannot be had a second time without a person, "" when all of it can."""
        ids = [*self.vault_ids, *self._all("vault_ids")]
        if self.options.get("ask_vault_pass") or any(one.rpartition("@")[2] in _PROMPTS for one in ids):
            return "a vault password was asked for at the terminal; give it by a file or a script"
        return next((f"{path} can be read only once; give it as a file" for path in self._paths() if _flows(path)), "")

    def of_playbook(self, name: str) -> bool:
        """Whether it plays the playbook ``name`` of this collection, and no other."""
        return all(
            one == name or one.endswith(f"/playbooks/{name.rpartition('.')[2]}.yml") for one in self._all("args")
        )

    def asked_to_connect(self) -> bool:
        """Whether a password for connections was asked for at the terminal."""
        return bool(self.options.get("ask_pass") or self.options.get("become_ask_pass"))

    def _all(self, name: str) -> list[str]:
        return [str(one) for one in self.options.get(name) or ()]

    def _paths(self) -> Iterator[str]:
        yield from (one for one in self._all("inventory") if "," not in one)
        yield from (one[1:] for one in self._all("extra_vars") if one.startswith("@"))
        yield from (one.rpartition("@")[2] for one in [*self.vault_ids, *self._all("vault_ids")])
        yield from self._all("vault_password_files")
        yield from (str(self.options[name]) for name in _ONE if name.endswith("_file") and self.options.get(name))


def _flows(path: str) -> bool:
    """Whether a path is a pipe or the like: it is empty once it was read."""
    place = Path(path)
    try:
        return path.startswith(_STREAMS) or (place.exists() and not place.is_file() and not place.is_dir())
    except OSError:
        return False
