# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task that runs on the controller and talks to no device: its options, its time, its ledger, its failures."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from ansible import constants as C
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..documents.folder import put
from ..ledger import Ledger, open_ledger, private_copy
from ..patrol.clock import Clock
from ..patrol.inventory_facts import plain
from ..patrol.opening import choose_clock, default_ledger
from .fault import OperatorError

display = Display()


class ControllerTask(ActionBase):  # type: ignore[misc]
    """Base of such an action: it says what it takes, and ``act`` does it.

    ``SPEC``: its options, as ``argument_spec`` has them. ``PREFACES``: what is said before the words of an
    OperatorError of these kinds.
    """

    TRANSFERS_FILES = False
    _requires_connection = False
    SPEC: ClassVar[Mapping[str, Any]] = {}
    PREFACES: ClassVar[Mapping[type[OperatorError], str]] = {}

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Check the options, then act. Raises AnsibleActionFail with the words of an OperatorError."""
        super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=dict(self.SPEC))[1])
        self._variables = task_vars or {}
        try:
            return self.act(options, self._variables)
        except OperatorError as wrong:
            display.vvv(traceback.format_exc())
            preface = next((words for kind, words in self.PREFACES.items() if isinstance(wrong, kind)), "")
            raise AnsibleActionFail(f"{preface}{wrong}") from None  # Ansible would add the words of every cause

    @abstractmethod
    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Do the task and return its result. ``options`` without Ansible's tags; ``variables`` of the host.

        Raises OperatorError where somebody has to mend something first.
        """

    @property
    def rehearsal(self) -> bool:
        """Whether nothing may change: check mode."""
        return bool(self._task.check_mode)

    @property
    def folder(self) -> Path:
        """The inventory's folder."""
        return Path(self._variables.get("inventory_dir") or ".").resolve()

    def clock(self, asked: str | None = None, *, only_asked_about: bool = False) -> Clock:
        """Return the lab's clock where the inventory is a lab's, else the controller's own.

        ``asked``: an instant to go by instead (ISO 8601 with an offset). Raises OperatorError when that is none, and
        where devices are real and it is more than ``only_asked_about``: done at another time than now.
        """
        return choose_clock(asked, only_asked_about or self.rehearsal, self._variables.get("nightshift_lab"))

    def now(self, asked: str | None = None) -> datetime:
        """Return the instant of this task (UTC), or the one that somebody only asks about. Raises OperatorError."""
        return self.clock(asked, only_asked_about=True).now()

    @contextmanager
    def recording(self, options: Mapping[str, Any]) -> Iterator[Ledger]:
        """Give the ledger to be written to; a rehearsal writes to a copy, which is thrown away. Raises LedgerError."""
        url = self.ledger_url(options)
        if not self.rehearsal:
            yield open_ledger(url)
            return
        with TemporaryDirectory(dir=C.DEFAULT_LOCAL_TMP) as folder:
            yield open_ledger(private_copy(url, Path(folder)))

    def written(self, folder: Path, texts: Mapping[str, str]) -> dict[str, Any]:
        """Make the files of ``folder`` say ``texts``, by name; return what a result tells. Raises FolderError."""
        documents = put(folder, texts, check=self.rehearsal)
        told: dict[str, Any] = {"changed": bool(documents.changes), "files": documents.names}
        return told | ({"diff": documents.diff} if self._task.diff else {})

    def ledger_url(self, options: Mapping[str, Any]) -> str:
        """Return the URL of the option ``ledger``, or that of the ledger beside the inventory."""
        return str(options["ledger"] or default_ledger(self._variables.get("inventory_dir")))
