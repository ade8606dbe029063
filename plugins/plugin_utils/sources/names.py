# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One computer under one host name: sources spell it in capitals or not, with its domain or without."""

from __future__ import annotations

from collections.abc import Iterable


def computer(name: str) -> str:
    """Return what two spellings of one computer have in common: its own name in small letters, without the domain.

    Rule: Windows computer names know no case. An IPv4 address stays whole.
    """
    own, _dot, _domain = name.partition(".")
    return (name if own.isdigit() else own).casefold()


class Hosts:
    """The hosts that earlier sources have added."""

    __slots__ = ("_exact", "_known")

    def __init__(self, names: Iterable[str]) -> None:
        self._exact = frozenset(names)
        self._known: dict[str, str | None] = {}
        for name in self._exact:
            self._known[computer(name)] = None if computer(name) in self._known else name

    def spelled(self, name: str) -> str | None:
        """Return the host that is this computer; None when there is none, or more than one."""
        return name if name in self._exact else self._known.get(computer(name))
