# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a patrol costs when nothing is due: it opens, takes stock, finds nothing to do, ends. No device is contacted.

python benchmarks/idle.py --devices 2000,5000
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.values import Standing  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.fingerprint import fingerprint  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device  # noqa: E402
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy  # noqa: E402

from benchmarks.fleets import policies  # noqa: E402
from benchmarks.measured import Measure, machine, measure  # noqa: E402


def prepare(folder: Path, devices: int) -> Path:
    """Write an inventory, and a ledger to which every device has settled until tomorrow. Return the inventory."""
    group_vars = folder / "group_vars"
    group_vars.mkdir(parents=True)
    wanted = policies()
    for group, policy in wanted.items():
        (group_vars / f"{group}.yml").write_text(yaml.safe_dump({"nightshift_policy": policy}), encoding="utf-8")
    names = [f"pc-{number:05d}" for number in range(1, devices + 1)]
    hosts = {name: {"ansible_host": f"127.{n // 250 % 250}.{n % 250}.9"} for n, name in enumerate(names)}
    inventory = folder / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"desktops": {"hosts": hosts}}), encoding="utf-8")
    policy = load_policy([Layer(name, wanted[name]) for name in ("all", "desktops")]).policy
    now = datetime.now(UTC)
    standing = Standing(now, now + timedelta(days=1), fingerprint(policy), "settled", "nothing to do")
    ledger = f"sqlite:///{folder / '.nightshift' / 'ledger.sqlite'}"
    with open_ledger(ledger).begin() as tx:
        tx.enrol([Device(name) for name in names], now)
        for name in names:
            tx.record_standing(name, standing)
    return inventory


def idle(folder: Path, devices: int) -> Measure:
    """Measure one patrol over ``devices`` devices."""
    inventory = prepare(folder, devices)
    plain = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    environment = {**plain, "ANSIBLE_STDOUT_CALLBACK": "nightshift.fleet.patrol", "ANSIBLE_HOME": str(folder)}
    program = str(Path(sys.executable).parent / "ansible-playbook")
    log = folder / "patrol.log"
    done = measure([program, "nightshift.fleet.patrol", "-i", str(inventory)], environment, folder, log)
    said = log.read_text(encoding="utf-8")
    if done.code or "0 asked" not in said:
        raise SystemExit(f"not an idle patrol:\n{said[-3000:]}")
    return done


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="What a patrol costs when nothing is due.")
    parser.add_argument("--devices", default="1000,2000,5000", help="sizes of fleets (%(default)s)")
    options = parser.parse_args()
    print(f"{machine()}; load before: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="nightshift-idle-") as spare:
        for devices in (int(size) for size in options.devices.split(",")):
            done = idle(Path(spare) / str(devices), devices)
            each = done.cpu / devices * 1000
            print(
                f"{devices:>6} devices: {done.seconds:5.1f} s, {done.cpu:5.1f} s of processor, {each:.1f} ms a device, "
                f"peak {done.peak / 2**20:.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
