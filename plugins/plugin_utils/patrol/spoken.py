# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the words of a run's rounds, each line once: a reading goes on where the last one ended.

A process forked after a reading inherits how far it got.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Word


class Spoken:
    """The last word of each device: up to a round (``until``), or said in that round alone (``during``).

    Rounds are asked for in their order; an earlier one is read from the beginning again.
    """

    def __init__(self, path: Path, parse: Callable[[str], Word]) -> None:
        """Read the files ``words-N`` of the folder ``path``, line by line with ``parse``."""
        self.path = path
        self._parse = parse
        self._begin()

    def until(self, number: int) -> Mapping[str, Word]:
        """Return the last word of each device up to and including round ``number``."""
        self._read(number)
        return self._last

    def during(self, number: int) -> Mapping[str, Word]:
        """Return the last word of each device in round ``number`` alone."""
        self._read(number)
        return self._here

    def _begin(self) -> None:
        self._number = 0
        self._offset = 0
        self._last: dict[str, Word] = {}
        self._here: dict[str, Word] = {}

    def _read(self, number: int) -> None:
        if number < self._number:
            self._begin()
        self._read_on()
        while self._number < number:
            self._number += 1
            self._offset = 0
            self._here = {}
            self._read_on()

    def _read_on(self) -> None:
        try:
            with (self.path / f"words-{self._number}").open("rb") as file:
                file.seek(self._offset)
                fresh = file.read()
        except FileNotFoundError:
            return
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        said = {word.device: word for word in map(self._parse, whole.decode().splitlines())}
        self._here.update(said)
        self._last.update(said)
