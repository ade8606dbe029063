# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a round costs where most devices owe nothing: a share of a large fleet is due, the rest has settled.

python benchmarks/scale.py --devices 200,1000,5000,10000 --due 0.03 --slices 1,2,4 --plot scale.svg
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.values import Standing  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fingerprint import fingerprint  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy  # noqa: E402

from benchmarks.fleets import fleet, policies  # noqa: E402
from benchmarks.measured import Measure, machine, measure  # noqa: E402
from lab.operator import Operator  # noqa: E402

SECONDS = 60.0  # targets: 10 000 devices with 300 due, one round
MEMORY = 500 * 2**20
GROWTH = 0.10


@dataclass(frozen=True, slots=True)
class Round:
    """One round over a fleet, by so many patrols at once. ``seconds``: until the last of them has ended."""

    devices: int
    due: int
    slices: int
    seconds: float
    cpu: float
    peak: int


class Site:
    """A lab in which the devices that are due answer, and an inventory and a ledger that know many more."""

    def __init__(self, folder: Path, devices: int, due: int, ledger: str | None) -> None:
        folder.mkdir()
        self.devices, self.due, self.folder = devices, due, folder
        self.operator = Operator.start(folder, fleet(due, 0, 10.0), rate=0)
        wanted = policies()
        self.operator.adopt(wanted)
        here = self.operator.inventory.parent
        self.inventory = here
        self.ledger = ledger or f"sqlite:///{here / '.nightshift' / 'ledger.sqlite'}"
        settled = [f"settled-{number:05d}" for number in range(devices - due)]
        hosts = {
            name: {"ansible_host": f"127.{200 + n // 62500}.{n // 250 % 250}.{n % 250}"}
            for n, name in enumerate(settled)
        }
        (here / "settled.yml").write_text(yaml.safe_dump({"desktops": {"hosts": hosts}}), encoding="utf-8")
        policy = load_policy([Layer(name, wanted[name]) for name in ("all", "desktops")]).policy
        now = datetime.fromisoformat(self.operator.now())
        standing = Standing(now, now + timedelta(days=1), fingerprint(policy), "settled", "nothing to do")
        with open_ledger(self.ledger).begin() as tx:
            tx.enrol([Device(name) for name in settled], now)
            for name in settled:
                tx.record_standing(name, standing)

    def round(self, slices: int, forks: int) -> Round:
        """Measure one round by ``slices`` patrols at once, each over its share of the hosts, as AWX slices a job."""
        names = [one["name"] for one in self.operator.remote.get("/devices")]
        names += [f"settled-{number:05d}" for number in range(self.devices - self.due)]
        done: list[Measure] = []
        threads = []
        for number in range(slices):
            limit = self.folder / f"slice-{slices}-{number}"
            limit.write_text("\n".join(sorted(names)[number::slices]), encoding="utf-8")
            command = self.operator.command("patrol", "--forks", str(forks))
            command[command.index("-i") + 1] = str(self.inventory)
            command += [
                "--limit",
                f"@{limit}",
                "-e",
                "nightshift_time_budget=1s",
                "-e",
                f"nightshift_ledger={self.ledger}",
            ]
            log = self.folder / f"patrol-{slices}-{number}.log"
            work = threading.Thread(
                target=lambda command=command, log=log: done.append(
                    measure(command, self.operator.variables(), self.folder, log)
                )
            )
            work.start()
            threads.append(work)
        for work in threads:
            work.join()
        for one in done:
            if one.code:
                raise SystemExit(f"the patrol failed:\n{one.log.read_text()[-3000:]}")
        asked = sum(_asked(one.log) for one in done)
        if asked != self.due:
            raise SystemExit(f"{asked} were asked, {self.due} are due:\n{done[0].log.read_text()[-3000:]}")
        return Round(
            self.devices,
            self.due,
            slices,
            max(one.seconds for one in done),
            sum(one.cpu for one in done),
            sum(one.peak for one in done),
        )


def _asked(log: Path) -> int:
    line = next(one for one in log.read_text(encoding="utf-8").splitlines() if one.startswith("round 1 at"))
    return int(line.split(":")[-1].split()[0])


def show(found: Round) -> None:
    """Print one round."""
    target = ""
    if found.devices == 10000 and found.slices == 1:
        target = f"; targets {SECONDS:.0f} s and {MEMORY / 2**20:.0f} MiB: "
        target += "met" if found.seconds <= SECONDS and found.peak <= MEMORY else "MISSED"
    print(
        f"{found.devices:>6} devices, {found.due:>4} due, {found.slices} at once: {found.seconds:6.1f} s, "
        f"{found.cpu:6.1f} s of processor, peak {found.peak / 2**20:.0f} MiB{target}",
        flush=True,
    )


def plot(rounds: list[Round], file: Path) -> None:
    """Draw time and processor against devices."""
    from matplotlib.figure import Figure

    alone = [one for one in rounds if one.slices == 1]
    figure = Figure(figsize=(9, 4), layout="constrained")
    for place, (name, values) in enumerate(
        (("seconds of a round", [one.seconds for one in alone]), ("processor seconds", [one.cpu for one in alone])), 1
    ):
        axes = figure.add_subplot(1, 2, place)
        axes.plot([one.devices for one in alone], values, marker="o")
        axes.set_xlabel("devices, 3 % of them due")
        axes.set_ylabel(name)
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    figure.savefig(file)


def main() -> int:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description="What a round costs where most devices owe nothing.")
    parser.add_argument("--devices", default="200,1000,5000,10000", help="sizes of fleets (%(default)s)")
    parser.add_argument("--due", type=float, default=0.03, help="share that is due (%(default)s)")
    parser.add_argument("--slices", default="1,2,4", help="patrols at once, for the largest fleet (%(default)s)")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--ledger", help="URL of an empty PostgreSQL database for one size and one slice")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw into (needs matplotlib)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the lab is stopped all the same
    print(f"{machine()}; load before: {os.getloadavg()[0]:.1f}", flush=True)
    sizes = [int(size) for size in options.devices.split(",")]
    rounds = []
    with tempfile.TemporaryDirectory(prefix="nightshift-scale-") as spare:
        for devices in sizes:
            for slices in (int(one) for one in (options.slices if devices == max(sizes) else "1").split(",")):
                site = Site(Path(spare) / f"{devices}-{slices}", devices, round(devices * options.due), options.ledger)
                try:
                    rounds.append(site.round(slices, options.forks))
                finally:
                    site.operator.stop()
                show(rounds[-1])
    if options.plot:
        plot(rounds, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
