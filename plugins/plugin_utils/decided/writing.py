# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An entry at the end of ``approvals.yml``: nothing that stands there is touched, comments least of all.

The file is a log of decisions: of several about one update the last one counts. So a new decision never needs to
change an old one, and the file is written without a library that keeps comments.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from .approvals import ApprovalEntry, approvals_in
from .problem import DecisionError, Problem

_UTC = ZoneInfo("UTC")


def said_already(entry: ApprovalEntry, entries: Sequence[ApprovalEntry]) -> bool:
    """Return whether the last decision about the same update and rings says the same; ``on`` alone may differ."""
    same = [one for one in entries if (one.update, one.rings) == (entry.update, entry.rings)]
    last = max(reversed(same), key=lambda one: one.on.begins(_UTC), default=None)
    return last is not None and last.as_data() | {"on": ""} == entry.as_data() | {"on": ""}


def appended(text: str, entry: ApprovalEntry, shown: str) -> str:
    """Return the file's text with ``entry`` at its end.

    Raises DecisionError when the text is not valid, or ends in a way to which no entry can be added.
    """
    before = approvals_in(text, shown)
    after = _joined(text, entry)
    if _read(after, shown) != (*before, entry):
        fault, remedy = "has no end to which an entry can be added", "write it as a list with one - for each entry"
        raise DecisionError([Problem(shown, 0, "", "", fault, remedy)])
    return after


def _joined(text: str, entry: ApprovalEntry) -> str:
    root = yaml.compose(text, yaml.SafeLoader)
    indent = 0
    if isinstance(root, yaml.SequenceNode) and root.value:
        indent = root.start_mark.column
    elif root is not None:  # an empty list, [], or null: it makes way for the entry
        text = text[: root.start_mark.index] + text[root.end_mark.index :]
    dumped = yaml.safe_dump([entry.as_data()], sort_keys=False, allow_unicode=True, width=110)
    lines = "".join(f"{' ' * indent}{line}\n" for line in dumped.splitlines())
    body = text.rstrip("\n ") if text.strip() else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    return (f"{body}{newline}" if body else "") + lines.replace("\n", newline)


def _read(text: str, shown: str) -> tuple[ApprovalEntry, ...] | None:
    try:
        return approvals_in(text, shown)
    except DecisionError:
        return None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the folder of a file while it is read and written; the kernel lets go when the process dies."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
