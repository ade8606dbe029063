# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``make weeks``: four simulated weeks under each preset, for many seeds, and a table of what was broken.

Usage: python -m tests.weeks [--seeds 20] [--first 1] [--workers 2] [PRESET ...]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.weeks.checker.evidence import Violation
from tests.weeks.checker.judge import CHECKS, violations
from tests.weeks.month import simulate


@dataclass(frozen=True)
class Outcome:
    """How one month went."""

    preset: str
    seed: int
    seconds: float
    counts: Counter[str]
    tickets: int
    broken: list[Violation]


def one(preset: str, seed: int) -> Outcome:
    """Simulate and judge one month."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="weeks-") as folder:
        evidence = simulate(preset, seed, Path(folder))
    broken = violations(evidence)
    counts = Counter(event.what for event in evidence.events)
    return Outcome(preset, seed, time.monotonic() - began, counts, len(evidence.tickets), broken)


def main(arguments: list[str]) -> int:
    """Run all months side by side; return 1 when a sentence was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.weeks", description=__doc__)
    parser.add_argument("presets", nargs="*", metavar="PRESET", help=f"of {', '.join(CHECKS)}; none: all")
    parser.add_argument("--seeds", type=int, default=20, help="how many months under each preset")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.presets if name not in CHECKS]
    if unknown:
        parser.error(f"{unknown[0]!r} is no preset; use {', '.join(CHECKS)}")
    presets = chosen.presets or list(CHECKS)
    months = [(preset, seed) for seed in range(chosen.first, chosen.first + chosen.seeds) for preset in presets]
    print(f"{'preset':<11}{'seed':>5}{'seconds':>9}{'searches':>10}{'installed':>11}{'failed':>8}", end="")
    print(f"{'restarts':>10}{'tickets':>9}{'broken':>8}", flush=True)
    total = 0
    with ProcessPoolExecutor(chosen.workers) as pool:
        for found in pool.map(one, *zip(*months, strict=True)):
            counts = found.counts
            print(
                f"{found.preset:<11}{found.seed:>5}{found.seconds:>9.0f}{counts['search_finished']:>10}"
                f"{counts['install_finished']:>11}{counts['install_failed']:>8}{counts['restarted']:>10}"
                f"{found.tickets:>9}{len(found.broken):>8}",
                flush=True,
            )
            total += len(found.broken)
            for violation in found.broken[:20]:
                print(f"    {violation}", flush=True)
    print(f"{len(months)} months, {total} broken sentences")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
