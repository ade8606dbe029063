# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The documents of a task, in one folder: what differs is written, and told as check mode and diff want it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..tasks.fault import OperatorError
from .whole import write


class FolderError(OperatorError):
    """The folder cannot be written. The message names the option, the folder and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs from what it is to be. ``before``: None where there is none."""

    path: Path
    before: str | None
    after: str

    @property
    def diff(self) -> dict[str, str]:
        """Return it as Ansible shows a difference."""
        return {
            "before_header": str(self.path),
            "after_header": str(self.path),
            "before": self.before or "",
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class Documents:
    """All files of a folder that were asked for, and those that differed."""

    files: tuple[Path, ...]
    changes: tuple[Change, ...]

    @property
    def names(self) -> list[str]:
        """Return the files as a task's result tells them."""
        return [str(path) for path in self.files]

    @property
    def diff(self) -> list[dict[str, str]]:
        """Return all differences as Ansible shows them."""
        return [change.diff for change in self.changes]


def put(folder: Path, texts: Mapping[str, str], *, check: bool = False) -> Documents:
    """Make the files of ``folder`` say ``texts``, by name; in ``check`` mode only tell what differs.

    Raises FolderError.
    """
    try:
        found = {folder / name: (_read(folder / name), text) for name, text in texts.items()}
        changes = tuple(Change(path, *both) for path, both in found.items() if both[0] != both[1])
        for change in [] if check else changes:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(change.path, change.after)
    except OSError as wrong:
        raise FolderError(f"dest: {folder}: {wrong.strerror}; give a folder that can be written") from wrong
    return Documents(tuple(found), changes)


def _read(path: Path) -> str | None:
    """Return what is in a file, however it came there; None when there is none."""
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None


def file_name(name: str) -> str:
    """Return a name, such as that of a room, as a part of the name of a file."""
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
