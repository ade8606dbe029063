# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a fleet takes with a patrol, and with ``ansible.windows.win_updates``, unmodified: see README.md here.

python benchmarks/win_updates.py --devices 40,200 --rate 30
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fleets import SEARCH_MINUTES, WANTED  # noqa: E402
from benchmarks.measured import Measure, machine, measure  # noqa: E402
from benchmarks.patrol import Bench, Patrol, Traffic, minutes  # noqa: E402

PLAYBOOK = Path(__file__).parent / "win_updates.yml"
RATIO = 10.0  # target: makespan of win_updates over that of the patrol


@dataclass(frozen=True, slots=True)
class Peer:
    """One run of win_updates. ``virtual``: simulated time; ``least``: with a controller that costs nothing."""

    measure: Measure
    virtual: timedelta
    least: timedelta
    calls: int
    longest: float  # seconds that a worker was held


def peer(options: argparse.Namespace, folder: Path, devices: int) -> Peer:
    """Measure win_updates in a lab whose clock runs ``options.rate`` times as fast as ours."""
    bench = Bench(options, folder, devices, 0)
    held = folder / "held.json"
    try:
        before = Traffic.of(bench.operator)
        began = datetime.fromisoformat(bench.operator.now())
        command = [bench.program("ansible-playbook"), str(PLAYBOOK), "-i", str(bench.operator.inventory)]
        environment = bench.environment(held) | {"ANSIBLE_STDOUT_CALLBACK": "oneline"}
        command += ["--forks", str(options.forks)]
        done = measure(command, environment, folder, folder / "win_updates.log")
        ended = datetime.fromisoformat(bench.operator.now())
        installed = len(bench.operator.events("install_finished"))
        if done.code or installed != WANTED * devices:
            raise SystemExit(f"win_updates failed:\n{done.log.read_text()[-2000:]}")
        calls = sum(Traffic.of(bench.operator).since(before).calls.values())
    finally:
        bench.stop()
    one = timedelta(minutes=SEARCH_MINUTES + options.install_minutes)
    longest = max(entry["longest"] for entry in json.loads(held.read_text(encoding="utf-8")).values())
    return Peer(done, ended - began, one * ceil(devices / options.forks), calls, longest)


def ours(options: argparse.Namespace, folder: Path, devices: int) -> Patrol:
    """Measure a patrol whose waits alone move the lab's clock."""
    bench = Bench(argparse.Namespace(**{**vars(options), "rate": 0.0}), folder, devices, 0)
    try:
        return bench.patrol()
    finally:
        bench.stop()


def show(options: argparse.Namespace, devices: int, theirs: Peer, patrol: Patrol) -> None:
    """Print both, and their ratios."""
    fair, seen = theirs.least / patrol.makespan, theirs.virtual / patrol.makespan
    met = "met" if fair >= RATIO else "met by what was seen" if seen >= RATIO else "MISSED"
    peak = patrol.measure.peak / 2**20, theirs.measure.peak / 2**20
    print(f"\n{devices} devices, {options.forks} forks, {options.install_minutes:g} simulated minutes of installing")
    rows = [
        (
            "makespan of the patrol",
            f"{minutes(patrol.virtual)} simulated + {patrol.measure.seconds:.0f} s of controller at most",
        ),
        ("makespan of win_updates, seen", f"{minutes(theirs.virtual)} at {options.rate:g} times our clock"),
        ("the same, with a controller that costs nothing", f"{minutes(theirs.least)}"),
        ("ratio of makespans", f"{fair:.1f} at least, {seen:.1f} seen; target >= {RATIO:g}: {met}"),
        (
            "processor per device",
            f"{patrol.measure.cpu / devices:.2f} s; win_updates {theirs.measure.cpu / devices:.2f} s "
            f"({theirs.calls / devices:.1f} calls)",
        ),
        ("peak memory of the tree", f"{peak[0]:.0f} MiB; win_updates {peak[1]:.0f} MiB"),
        (
            "longest a worker was held",
            f"{patrol.longest:.1f} s; win_updates {theirs.longest * options.rate / 60:.1f} simulated minutes",
        ),
    ]
    for name, figure in rows:
        print(f"  {name:<48} {figure}")
    sys.stdout.flush()


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="A patrol beside ansible.windows.win_updates.")
    parser.add_argument("--devices", default="40,200", help="sizes of fleets (%(default)s)")
    parser.add_argument("--install-minutes", type=float, default=10.0, help="simulated, of all updates of a device")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--poll", default="1m", help="nightshift_poll (%(default)s)")
    parser.add_argument("--rate", type=float, default=30.0, help="of the lab's clock under win_updates (%(default)s)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is stopped all the same
    print(f"{machine()}; load before: {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="nightshift-peer-") as spare:
        for devices in (int(size) for size in options.devices.split(",")):
            patrol = ours(options, Path(spare) / f"ours-{devices}", devices)
            show(options, devices, peer(options, Path(spare) / f"theirs-{devices}", devices), patrol)
    return 0


if __name__ == "__main__":
    sys.exit(main())
