# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a patrol costs, beside ``ansible.windows.win_ping`` over the same devices: see README.md here.

python benchmarks/patrol.py --devices 200,1000
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fleets import SEARCH_MINUTES, fleet, policies, silent  # noqa: E402
from benchmarks.measured import Measure, machine, measure, spent  # noqa: E402
from lab.operator import Operator  # noqa: E402

PING = Path(__file__).parent / "ping.yml"
RATIO = 1.5  # targets
ADDED = 0.10


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went over the wire, and the module calls that it carried."""

    requests: int
    bytes_in: int
    bytes_out: int
    calls: dict[str, int]

    @classmethod
    def of(cls, operator: Operator) -> Traffic:
        """Ask the lab."""
        stats = operator.remote.get("/stats").values()
        calls: dict[str, int] = {}
        for one in stats:
            for module, count in one["calls"].items():
                calls[module] = calls.get(module, 0) + count
        return cls(
            sum(one["requests"] for one in stats),
            sum(one["bytes_in"] for one in stats),
            sum(one["bytes_out"] for one in stats),
            calls,
        )

    def since(self, earlier: Traffic) -> Traffic:
        """Return what was added."""
        calls = {module: count - earlier.calls.get(module, 0) for module, count in self.calls.items()}
        return Traffic(
            self.requests - earlier.requests,
            self.bytes_in - earlier.bytes_in,
            self.bytes_out - earlier.bytes_out,
            {module: count for module, count in calls.items() if count},
        )


@dataclass(frozen=True, slots=True)
class Patrol:
    """One patrol. ``virtual``: simulated time from its start to its end; ``held``: as callbacks/held.py writes it."""

    answering: int
    measure: Measure
    virtual: timedelta
    rounds: int
    held: dict[str, dict[str, float]]
    traffic: Traffic
    installed: int
    lab: float  # processor seconds of the lab, which shares the machine

    @property
    def asked(self) -> int:
        """How often a device was asked: devices times rounds."""
        return int(self.held["patrol_ask"]["count"])

    @property
    def contacts(self) -> int:
        """How many modules ran on devices: questions and starts."""
        return sum(self.traffic.calls.values())

    @property
    def makespan(self) -> timedelta:
        """Simulated waits and the controller's real work one after the other: no more than that."""
        return self.virtual + timedelta(seconds=self.measure.seconds)

    @property
    def longest(self) -> float:
        """The longest that a worker was held by a device, in seconds."""
        return self.held["patrol_ask"]["longest"]


class Bench:
    """One lab, measured. ``devices`` answer; ``off`` more do not."""

    def __init__(self, options: argparse.Namespace, folder: Path, devices: int, off: int) -> None:
        folder.mkdir()
        self.options = options
        self.folder = folder
        self.devices = devices
        self.operator = Operator.start(folder, fleet(devices, off, options.install_minutes), rate=options.rate)
        self.operator.adopt(policies())

    def environment(self, held: Path) -> dict[str, str]:
        """Return the environment of a run: stock Ansible, and the stopwatch of tasks."""
        ours = {
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "held",
            "BENCHMARK_HELD": str(held),
        }
        return {**self.operator.variables(), **ours}

    def program(self, name: str) -> str:
        """Return an Ansible command of this Python's environment."""
        return str(Path(sys.executable).parent / name)

    def ping(self) -> tuple[Measure, Traffic]:
        """Measure a playbook whose one task is ansible.windows.win_ping, over the devices that answer.

        Not the ``ansible`` command: that one imports pywinrm anew in every worker and costs three times as much.
        """
        before = Traffic.of(self.operator)
        environment = {**self.operator.variables(), "ANSIBLE_STDOUT_CALLBACK": "oneline"}
        command = [self.program("ansible-playbook"), str(PING), "-i", str(self.operator.inventory)]
        done = measure(
            [*command, "--forks", str(self.options.forks)], environment, self.folder, self.folder / "ping.log"
        )
        if done.code:
            raise SystemExit(f"win_ping failed:\n{done.log.read_text()[-2000:]}")
        return done, Traffic.of(self.operator).since(before)

    def patrol(self, *arguments: str) -> Patrol:
        """Measure one patrol from its start until every device has settled."""
        before = Traffic.of(self.operator)
        began = datetime.fromisoformat(self.operator.now())
        lab = spent(self.operator.remote.state.pid)
        held = self.folder / "held.json"
        command = self.operator.command("patrol", "--forks", str(self.options.forks), *arguments)
        command += ["-e", f"nightshift_poll={self.options.poll}"]
        done = measure(command, self.environment(held), self.folder, self.folder / "patrol.log")
        if done.code:
            raise SystemExit(f"the patrol failed:\n{done.log.read_text()[-3000:]}")
        times = json.loads(held.read_text(encoding="utf-8"))
        return Patrol(
            self.devices,
            done,
            datetime.fromisoformat(self.operator.now()) - began,
            int(times["patrol_round"]["count"]),
            times,
            Traffic.of(self.operator).since(before),
            len(self.operator.events("install_finished")),
            spent(self.operator.remote.state.pid) - lab,
        )

    def stop(self) -> None:
        """Stop the lab."""
        self.operator.stop()


def minutes(span: timedelta) -> str:
    """Write a span as minutes and seconds."""
    whole = round(span.total_seconds())
    return f"{whole // 60}:{whole % 60:02d}"


def verdict(value: float, target: float) -> str:
    """Say whether a target is met."""
    return f"target <= {target:g}: {'met' if value <= target else 'MISSED'}"


def rated(ratio: float) -> str:
    """Write a ratio to win_ping and whether it meets the target."""
    return f"ratio {ratio:.2f}; {verdict(ratio, RATIO)}"


def compare(options: argparse.Namespace, folder: Path, devices: int) -> None:
    """Print the table for one size of fleet."""
    off = round(devices * options.off / (1 - options.off))
    bench = Bench(options, folder / f"{devices}", devices, 0)
    try:
        ping, pinged = bench.ping()
        whole = bench.patrol()
    finally:
        bench.stop()
    show(options, whole, ping, pinged)
    if not off:
        return
    bench = Bench(options, folder / f"{devices}-off", devices, off)
    try:
        with silent(bench.operator.remote.get("/devices")):
            part = bench.patrol()
    finally:
        bench.stop()
    show_offline(whole, part, off)


def show(options: argparse.Namespace, patrol: Patrol, ping: Measure, pinged: Traffic) -> None:
    """Print what a patrol over devices that all answer costs, beside win_ping."""
    ping_cpu = ping.cpu / patrol.answering
    per_round = patrol.measure.cpu / patrol.asked
    per_contact = patrol.measure.cpu / patrol.contacts
    ideal = timedelta(minutes=2 * SEARCH_MINUTES + options.install_minutes)
    calls = sum(patrol.traffic.calls.values())
    wired, pings = patrol.traffic, sum(pinged.calls.values())
    rows = [
        (
            "makespan",
            f"{minutes(patrol.virtual)} simulated + {patrol.measure.seconds:.0f} s of controller at most",
            f"search, search again and installation alone take {minutes(ideal)}",
        ),
        (
            "rounds",
            f"{patrol.rounds - 1}, {patrol.asked} asks, {patrol.contacts - patrol.asked} starts",
            f"{patrol.installed} updates installed",
        ),
        (
            "processor per device and round",
            f"{per_round * 1000:.0f} ms",
            f"win_ping {ping_cpu * 1000:.0f} ms; {rated(per_round / ping_cpu)}",
        ),
        ("processor per contact", f"{per_contact * 1000:.0f} ms", rated(per_contact / ping_cpu)),
        ("processor of the lab beside it", f"{patrol.lab:.0f} s", f"the patrol {patrol.measure.cpu:.0f} s"),
        ("peak memory of the tree", f"{patrol.measure.peak / 2**20:.0f} MiB", f"win_ping {ping.peak / 2**20:.0f} MiB"),
        (
            "requests per device",
            f"{wired.requests / patrol.answering:.0f}, {wired.requests / calls:.1f} a call",
            f"win_ping {pinged.requests / pings:.1f}",
        ),
        (
            "bytes to a device",
            f"{wired.bytes_in / patrol.answering / 1000:.0f} kB, {wired.bytes_in / calls / 1000:.0f} kB a call",
            f"win_ping {pinged.bytes_in / pings / 1000:.0f} kB",
        ),
        (
            "bytes from a device",
            f"{wired.bytes_out / patrol.answering / 1000:.0f} kB, {wired.bytes_out / calls / 1000:.1f} kB a call",
            f"win_ping {pinged.bytes_out / pings / 1000:.1f} kB",
        ),
        ("longest a worker was held", f"{patrol.longest:.1f} s", held_verdict(options, patrol)),
    ]
    print(f"\n{patrol.answering} devices, {options.forks} forks, poll {options.poll}")
    for name, figure, beside in rows:
        print(f"  {name:<32} {figure:<44} {beside}")
    sys.stdout.flush()


def held_verdict(options: argparse.Namespace, patrol: Patrol) -> str:
    """Say whether any worker waited for a device's work: it would have taken at least as long as a search."""
    held = patrol.longest >= 60 * min(SEARCH_MINUTES, options.install_minutes)
    return f"target: none while a device works: {'MISSED' if held else 'met'}"


def show_offline(whole: Patrol, part: Patrol, off: int) -> None:
    """Print what devices that are off add."""
    added = part.makespan / whole.makespan - 1
    cpu = part.measure.cpu / whole.measure.cpu - 1
    print(f"  the same and {off} more that are off ({off / (off + whole.answering):.0%} of all)")
    rows = [
        (
            "makespan",
            f"{minutes(part.virtual)} simulated + {part.measure.seconds:.0f} s of controller at most",
            f"{added:+.1%}; {verdict(added, ADDED)}",
        ),
        ("processor", f"{part.measure.cpu:.1f} s against {whole.measure.cpu:.1f} s", f"{cpu:+.1%}"),
        (
            "longest a worker was held",
            f"{part.longest:.1f} s",
            f"probing: {part.held['patrol_round']['longest']:.1f} s the longest round began",
        ),
    ]
    for name, figure, beside in rows:
        print(f"    {name:<30} {figure:<44} {beside}")
    sys.stdout.flush()


def main() -> int:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What a patrol costs, beside ansible.windows.win_ping.")
    parser.add_argument("--devices", default="200,1000", help="sizes of fleets: devices that answer (%(default)s)")
    parser.add_argument("--install-minutes", type=float, default=10.0, help="simulated, of all updates of a device")
    parser.add_argument("--off", type=float, default=0.3, help="share of a second fleet that is off (%(default)s)")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--poll", default="1m", help="nightshift_poll (%(default)s)")
    parser.add_argument("--rate", type=float, default=0.0, help="of the lab's clock; 0: the patrol's waits move it")
    parser.add_argument("--keep", type=Path, help="a folder that does not exist, for logs and ledgers")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is stopped all the same
    version = [sys.executable, "-c", "import ansible.release as r; print(r.__version__)"]
    core = subprocess.run(version, capture_output=True, text=True, check=True).stdout.strip()
    print(f"{machine()}, ansible-core {core}; load before: {os.getloadavg()[0]:.1f}")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="nightshift-bench-") as spare:
        folder = options.keep or Path(spare) / "bench"
        folder.mkdir(parents=True)
        for devices in (int(size) for size in options.devices.split(",")):
            compare(options, folder, devices)
    return 0


if __name__ == "__main__":
    sys.exit(main())
