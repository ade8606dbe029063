# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``make weeks``: four simulated weeks under each preset, for many seeds, and a table of what was broken.

Usage: python -m tests.weeks [--seeds 20] [--first 1] [--workers 2] [--rough] [--keep FOLDER] [PRESET ...]
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.weeks.checker.evidence import Violation
from tests.weeks.checker.judge import CHECKS, violations
from tests.weeks.month import simulate
from tests.weeks.world import make

SHOWN = 20  # violations of one month that are printed
COUNTED = ("search_finished", "install_finished", "install_failed", "restarted")
HEADINGS = ("searches", "installed", "failed", "restarts", "tickets", "broken")


@dataclass(frozen=True)
class Outcome:
    """How one month went. ``seconds``: of the clock on the wall, and of the processor."""

    preset: str
    seed: int
    seconds: float
    processor: float
    counts: Counter[str]
    tickets: int
    broken: list[Violation]

    @property
    def row(self) -> str:
        """One line of the table."""
        figures = [*(self.counts[one] for one in COUNTED), self.tickets, len(self.broken)]
        told = "".join(f"{one:>10}" for one in figures)
        return f"{self.preset:<11}{self.seed:>5}{self.seconds:>9.0f}{self.processor:>9.0f}{told}"


def one(preset: str, seed: int, rough: bool = False) -> Outcome:
    """Simulate and judge one month."""
    began, spent = time.monotonic(), time.process_time()
    evidence = simulate(make(preset, seed, rough=rough))
    broken = violations(evidence)
    counts = Counter(event.what for event in evidence.events)
    took = time.monotonic() - began, time.process_time() - spent
    return Outcome(preset, seed, *took, counts, len(evidence.tickets), broken)


def calm() -> None:
    """Let a worker look for garbage rarely: what a month makes is freed by counting."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def heading() -> str:
    """The head of the table."""
    return f"{'preset':<11}{'seed':>5}{'seconds':>9}{'of CPU':>9}" + "".join(f"{name:>10}" for name in HEADINGS)


def told(found: Outcome) -> str:
    """One month for its file: its row, and every violation."""
    return "\n".join([heading(), found.row, *(f"    {violation}" for violation in found.broken), ""])


def main(arguments: list[str]) -> int:
    """Run all months side by side; return 1 when a sentence was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.weeks", description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help=f"of {', '.join(CHECKS)}; none: all")
    parser.add_argument("--seeds", type=int, default=20, help="how many months under each preset")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rough", action="store_true", help="cut connections before and after the device has acted")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a file for each month, PRESET-SEED.txt")
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.presets if name not in CHECKS]
    if unknown:
        parser.error(f"{unknown[0]!r} is no preset; use {', '.join(CHECKS)}")
    presets = chosen.presets or list(CHECKS)
    months = [(preset, seed) for seed in range(chosen.first, chosen.first + chosen.seeds) for preset in presets]
    found = []
    print(f"{'':>11}{heading()}", flush=True)
    with ProcessPoolExecutor(chosen.workers, initializer=calm) as pool:
        for future in as_completed([pool.submit(one, *month, chosen.rough) for month in months]):
            outcome = future.result()
            found.append(outcome)
            print(f"{len(found):>3} of {len(months):<3} {outcome.row}", flush=True)
            for violation in outcome.broken[:SHOWN]:
                print(f"{'':>13}{violation}", flush=True)
            if chosen.keep is not None:
                chosen.keep.mkdir(parents=True, exist_ok=True)
                (chosen.keep / f"{outcome.preset}-{outcome.seed}.txt").write_text(told(outcome), encoding="utf-8")
    print(f"\n{heading()}")
    for outcome in sorted(found, key=lambda each: (presets.index(each.preset), each.seed)):
        print(outcome.row)
    total = sum(len(outcome.broken) for outcome in found)
    print(f"{len(months)} months, {total} broken sentences")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
