# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was measured: kept in a file from run to run, told as a table of ratios."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

SECONDS = 60.0  # targets: one round over 10 000 devices of which few are due
DEVICES = 10_000
MEMORY = 500 * 2**20
GROWTH = 0.10  # of a cost, away from a line
COLUMNS = (
    ("situation", 9),
    ("ledger", 10),
    ("at once", 7),
    ("devices", 7),
    ("asks", 6),
    ("makespan", 9),
    ("controller", 10),
    ("processor", 9),
    ("a device", 9),
    ("growth", 6),
    ("memory", 9),
)


class OtherMachine(Exception):
    """A file holds what another machine took; figures of two machines make no table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One patrol, or several at once (``slices``), over a fleet in a situation.

    ``virtual``: simulated seconds that devices worked and were waited for; ``seconds``: real ones, until the last
    patrol ended; ``cpu``: processor seconds of all; ``peak``: bytes, the sum of the patrols' peaks; ``load``: of the
    machine before.
    """

    situation: str
    ledger: str
    slices: int
    devices: int
    asks: int
    rounds: int
    virtual: float
    seconds: float
    cpu: float
    peak: int
    load: float

    @property
    def kind(self) -> tuple[str, str, int]:
        """What rows have in common that differ in the fleet's size alone."""
        return self.situation, self.ledger, self.slices

    @property
    def makespan(self) -> float:
        """Seconds, if no device worked while the controller did: no more than that."""
        return self.virtual + self.seconds


@dataclass(frozen=True, slots=True)
class Line:
    """Costs as ``start + each * devices``. ``off``: the largest distance of a cost from it, as a share of the cost."""

    start: float
    each: float
    off: float


def line(points: Sequence[tuple[int, float]]) -> Line | None:
    """Return the line that is nearest to costs by their shares, so that a small fleet counts as much as a large one.

    None for fewer than three sizes: a line goes through any two.
    """
    if len({devices for devices, _ in points}) < 3:
        return None
    # Least squares of (start + each * devices - cost) / cost, that is of start * u + each * v - 1.
    uv = [(1 / cost, devices / cost) for devices, cost in points]
    uu, vv, mixed = sum(u * u for u, _ in uv), sum(v * v for _, v in uv), sum(u * v for u, v in uv)
    su, sv = sum(u for u, _ in uv), sum(v for _, v in uv)
    whole = uu * vv - mixed * mixed
    start, each = (su * vv - sv * mixed) / whole, (sv * uu - su * mixed) / whole
    return Line(start, each, max(abs(start * u + each * v - 1) for u, v in uv))


def read(file: Path, machine: str) -> list[Row]:
    """Read rows that this machine took before; none where there is no file. Raises OtherMachine."""
    if not file.exists():
        return []
    content = json.loads(file.read_text(encoding="utf-8"))
    if content["machine"] != machine:
        raise OtherMachine(f"{file}: taken on {content['machine']}; this is {machine}: name another file")
    return [Row(**row) for row in content["rows"]]


def write(file: Path, machine: str, rows: Iterable[Row]) -> None:
    """Write rows, and the machine that took them, whole."""
    fresh = file.with_name(file.name + ".new")
    content = {"machine": machine, "rows": [asdict(row) for row in rows]}
    fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    fresh.replace(file)


def with_row(rows: Iterable[Row], fresh: Row) -> list[Row]:
    """Return rows with one more, which takes the place of one of the same kind and size; in the order of the table."""
    others = [row for row in rows if (row.kind, row.devices) != (fresh.kind, fresh.devices)]
    return sorted([*others, fresh], key=lambda row: (*row.kind, row.devices))


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the table, and below it whether costs grow as a line, and which targets are met.

    The growth of a row is its processor time a device, beside that of the smallest fleet of its kind.
    """
    told = ["  ".join(f"{name:>{width}}" for name, width in COLUMNS)]
    smallest = {row.kind: row for row in sorted(rows, key=lambda row: row.devices, reverse=True)}
    for row in rows:
        least = smallest[row.kind]
        figures = (
            row.situation,
            row.ledger,
            str(row.slices),
            str(row.devices),
            str(row.asks),
            f"{row.makespan:.1f} s",
            f"{row.seconds:.1f} s",
            f"{row.cpu:.1f} s",
            f"{row.cpu / row.devices * 1000:.1f} ms",
            f"{row.cpu / row.devices / (least.cpu / least.devices):.2f}",
            f"{row.peak / 2**20:.0f} MiB",
        )
        told.append("  ".join(f"{one:>{width}}" for one, (_, width) in zip(figures, COLUMNS, strict=True)))
    return [*told, *_growth(rows), *_targets(rows)]


def _growth(rows: Sequence[Row]) -> list[str]:
    told = []
    for kind in dict.fromkeys(row.kind for row in rows):
        alike = [row for row in rows if row.kind == kind]
        for name, points in (
            ("controller", [(row.devices, row.seconds) for row in alike]),
            ("processor", [(row.devices, row.cpu) for row in alike]),
        ):
            found = line(points)
            if found is not None:
                told.append(
                    f"{name} of {kind[0]}, {kind[1]}, {kind[2]} at once: {found.start:.1f} s and "
                    f"{found.each * 1000:.2f} ms a device; farthest from that {found.off:.0%}, "
                    f"target {GROWTH:.0%}: {_met(found.off <= GROWTH)}"
                )
    return told


def _targets(rows: Sequence[Row]) -> list[str]:
    told = []
    for row in rows:
        if row.devices != DEVICES or row.slices != 1:
            continue
        who = f"{row.devices} devices, {row.situation}, {row.ledger}"
        if row.situation == "few":
            told.append(f"{who}: {row.makespan:.0f} s, target {SECONDS:.0f} s: {_met(row.makespan <= SECONDS)}")
        told.append(f"{who}: {row.peak / 2**20:.0f} MiB, target {MEMORY / 2**20:.0f} MiB: {_met(row.peak <= MEMORY)}")
    return told


def _met(met: bool) -> str:
    return "met" if met else "MISSED"
