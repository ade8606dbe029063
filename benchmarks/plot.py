# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Draws what scale.py has kept: a colour for each situation, open markers and broken lines for PostgreSQL.

python benchmarks/plot.py scale.json scale.svg    (needs matplotlib)
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.results import Row  # noqa: E402

MARKERS = {1: "o", 2: "s", 4: "^"}  # patrols at once


def draw(rows: Sequence[Row], machine: str, file: Path) -> None:
    """Draw rows into an SVG file; both axes have logarithms, so that a line of slope one is linear growth."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 5), layout="constrained")
    colours = {situation: f"C{number}" for number, situation in enumerate(dict.fromkeys(row.situation for row in rows))}
    for place, (name, value) in enumerate(
        (("makespan", lambda row: row.makespan), ("processor", lambda row: row.cpu)), 1
    ):
        axes = figure.add_subplot(1, 2, place)
        for kind in dict.fromkeys(row.kind for row in rows):
            alike = sorted((row for row in rows if row.kind == kind), key=lambda row: row.devices)
            situation, ledger, slices = kind
            axes.plot(
                [row.devices for row in alike],
                [value(row) for row in alike],
                color=colours[situation],
                marker=MARKERS.get(slices, "x"),
                fillstyle="full" if ledger == "sqlite" else "none",
                linestyle="-" if ledger == "sqlite" else "--",
                label=f"{situation}, {ledger}" + (f", {slices} at once" if slices > 1 else ""),
            )
        axes.set(title=name, xlabel="devices", ylabel="seconds", xscale="log", yscale="log")
        axes.grid(alpha=0.3, which="both")
    figure.legend(*figure.get_axes()[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(machine, fontsize="small")
    with rc_context({"svg.hashsalt": "nightshift"}):  # the same figures make the same file
        figure.savefig(file, format="svg", metadata={"Date": None})


def main() -> int:
    """Draw again what has been measured."""
    parser = argparse.ArgumentParser(description="Draw what scale.py has kept.")
    parser.add_argument("results", type=Path, help="what scale.py --results has written")
    parser.add_argument("plot", type=Path, help="the SVG file to draw")
    options = parser.parse_args()
    content = json.loads(options.results.read_text(encoding="utf-8"))
    draw([Row(**row) for row in content["rows"]], content["machine"], options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
