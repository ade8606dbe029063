# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``python -m lab``: start a lab, stop it, and turn its clock, switches and faults by hand."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from . import background
from .addresses import NoBlock
from .fleet import FleetError, load
from .fleet_maker import Mix, make
from .laboratory import Laboratory, Settings
from .memory import keep_small
from .remote import LabGone, Remote
from .winrm import ListenError

DEMO = Path(__file__).parent / "fleets" / "demo.yml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (FleetError, LabGone, ListenError, NoBlock, ValueError) as problem:
        print(f"lab: {problem}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description="A simulated Windows fleet behind real WinRM.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    up = _command(commands, "up", _up, "start a lab")
    up.add_argument("--fleet", type=Path, default=DEMO, help="fleet file (default: the demo's)")
    up.add_argument("--rate", type=float, default=1.0, help="virtual seconds per second; 0: the clock stands still")
    up.add_argument("--start", type=_instant, help="first virtual instant, with zone (default: the fleet's)")
    up.add_argument("--base", help="block of loopback addresses, such as 127.77.0.0/16 (default: a free one)")
    up.add_argument("--transport", choices=("basic", "ntlm"), default="basic", help="how Ansible is to log on")
    up.add_argument("--plain", action="store_true", help="also listen on 5985 without TLS (sealed messages only)")
    up.add_argument("--static", action="store_true", help="write a hosts.yml that needs no inventory plugin")
    up.add_argument("--background", action="store_true", help="return when the lab is ready")

    _command(commands, "down", _down, "stop a lab")
    _command(commands, "status", _status, "show a lab and its devices")
    _command(commands, "clock", lambda o: _show(_remote(o).get("/clock")), "show the virtual time")
    advance = _command(commands, "advance", _advance, "move the virtual time forward")
    advance.add_argument(
        "target", help="seconds (900), an instant with its zone, or 'next': the next thing that happens"
    )
    truth = _command(commands, "truth", _truth, "show what really happened, one JSON line each")
    truth.add_argument("device", nargs="?", help="only of this device")
    power = _command(commands, "power", _power, "turn a device's power switch")
    power.add_argument("device")
    power.add_argument("switch", choices=("on", "off"))
    fault = _command(commands, "fault", _fault, "let something go wrong on a device")
    fault.add_argument("device")
    fault.add_argument("fault", nargs="*", help="key=value pairs, such as kind=hang count=2; none: end all its faults")

    fleet = commands.add_parser("fleet", help="print a fleet file for many devices")
    fleet.set_defaults(run=_fleet)
    fleet.add_argument("--devices", type=int, required=True)
    fleet.add_argument("--off", type=float, default=0.0, help="share that is switched off, 0 to 1")
    fleet.add_argument("--install-minutes", type=float)
    fleet.add_argument("--search-minutes", type=float, default=2.0)
    fleet.add_argument("--seed", type=int, default=1)
    return parser


def _command(commands: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--dir", type=Path, default=Path(".lab"), help="the lab's folder (default: .lab)")
    parser.set_defaults(run=run)
    return parser


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no time zone; add one, for example +00:00")
    return instant


def _up(options: argparse.Namespace) -> int:
    _refuse_second(options.dir)
    if options.background:
        print(background.up(options.dir, [word for word in sys.argv[2:] if word != "--background"]))
        return 0
    settings = Settings(
        options.dir, options.rate, options.start, options.base, options.transport, options.static, options.plain
    )
    return asyncio.run(_live(options.fleet, settings))


def _refuse_second(folder: Path) -> None:
    try:
        state = Remote.of(folder).state
        Remote(state).get("/clock")
    except LabGone:
        return  # none, or one that died without a farewell
    raise LabGone(f"{folder}: a lab is up here already (pid {state.pid}); python -m lab down --dir {folder} stops it")


async def _live(fleet: Path, settings: Settings) -> int:
    keep_small()
    laboratory = Laboratory(load(fleet), settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, laboratory.ask_to_stop)
    state = await laboratory.start()
    on = sum(device.answering() for device in laboratory.devices.values())
    print(
        f"{state.devices} devices ({on} answer) at {laboratory.clock.now().isoformat()}; inventory: {state.inventory}"
    )
    sys.stdout.flush()
    try:
        await laboratory.wait()
    finally:
        await laboratory.stop()
    return 0


def _remote(options: argparse.Namespace) -> Remote:
    return Remote.of(options.dir)


def _down(options: argparse.Namespace) -> int:
    background.down(options.dir)
    return 0


def _status(options: argparse.Namespace) -> int:
    remote = _remote(options)
    clock = remote.get("/clock")
    print(f"{clock['now']}  rate {clock['rate']:g}  pid {remote.state.pid}  {remote.state.network}")
    print(f"inventory: {remote.state.inventory}")
    for device in remote.get("/devices"):
        power = "up" if device["answering"] else "starting" if device["on"] else "off"
        job = f"{device['job']['kind']} {device['job']['current']}" if device["job"] else ""
        pending = "restart pending" if device["pending_restart"] else ""
        columns = f"{device['name']:<16} {device['address']:<16} {power:<9} {device['build']:<12} {pending:<16} {job}"
        print(columns.rstrip())
    return 0


def _advance(options: argparse.Namespace) -> int:
    remote = _remote(options)
    target = options.target
    if target == "next":
        target = remote.get("/next")["at"]
        if target is None:
            raise ValueError("nothing will happen by itself; give seconds or an instant")
    body = {"seconds": float(target)} if target.replace(".", "", 1).isdigit() else {"to": target}
    return _show(remote.post("/clock/advance", body))


def _truth(options: argparse.Namespace) -> int:
    for line in _remote(options).get("/truth" + (f"?device={options.device}" if options.device else "")):
        print(json.dumps(line))
    return 0


def _power(options: argparse.Namespace) -> int:
    return _show(_remote(options).post(f"/devices/{options.device}/power", {"on": options.switch == "on"}))


def _fault(options: argparse.Namespace) -> int:
    place = f"/devices/{options.device}/faults"
    if not options.fault:
        return _show(_remote(options).delete(place))
    fault: dict[str, Any] = {}
    for pair in options.fault:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"fault: {pair!r} is not key=value")
        fault[key] = _plain(key, value)
    return _show(_remote(options).post(place, fault))


def _plain(key: str, value: str) -> Any:
    if key == "operations":
        return value.split(",")
    if key in ("count", "cut_after_bytes") and value.isdigit():
        return int(value)
    return float(value) if key in ("seconds", "dark") else value


def _fleet(options: argparse.Namespace) -> int:
    mix = Mix(options.devices, options.off, options.install_minutes, options.search_minutes, seed=options.seed)
    sys.stdout.write(make(mix))
    return 0


def _show(answer: Any) -> int:
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
