# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``make demo``: three virtual days of a help desk's fleet, and a night in which a computer room gets its image.

All of it by stock ansible-playbook over real WinRM.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger

from .operator import HELPDESK, ROOT, Operator
from .room_demo import clone_a_room

LONDON = ZoneInfo("Europe/London")
FLEET = ROOT / "lab" / "fleets" / "demo.yml"
FOLDER = ROOT / ".demo"
WINDOW = range(16, 20)  # helpdesk 2 as the preset says it, to judge the truth by


def main() -> int:
    """Run the demo and return its exit code."""
    began = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    say(
        "A help desk's fleet",
        f"24 simulated PCs from {FLEET.relative_to(ROOT)}; WinRM with TLS, each on its own loopback address",
    )
    operator = Operator.start(FOLDER, FLEET)
    try:
        adopt_preset(operator)
        codes = three_days(operator)
        tell_truth(operator)
    finally:
        operator.stop()
    codes += clone_a_room(FOLDER / "room", play, say)
    where_next(operator)
    print(f"\nThree days and a night took {time.monotonic() - began:.0f} seconds.")
    return max(codes)


def adopt_preset(operator: Operator) -> None:
    """Copy the helpdesk preset, comments and all, beside the lab's inventory."""
    for file in HELPDESK.glob("*.yml"):
        group = operator.inventory.parent / "group_vars" / file.stem
        group.mkdir(exist_ok=True)
        shutil.copy(file, group / "policy.yml")


def three_days(operator: Operator) -> list[int]:
    """Monday to Wednesday, as an operator would see them."""
    codes: list[int] = []
    say("Monday 15:45", "What does every PC lack? Nothing is installed.")
    codes.append(play(operator, "scan", nightshift_poll="3m"))
    say(
        "Monday 15:50",
        "What would happen at 16:05, on the PC whose Office update is broken? (check mode: nothing is touched)",
    )
    codes.append(play(operator, "patrol", "--check", "--limit", "pc-07", nightshift_now="2026-11-23T16:05:00+00:00"))
    say("Monday 16:00", "The desktops' window opens; the patrol stays until it closes.")
    operator.advance_to("2026-11-23T16:00:00+00:00")
    codes.append(play(operator, "patrol", nightshift_poll="10m", nightshift_stay="4h"))
    say("Tuesday 02:00", "At night, computers that are kept on are restarted when their week is over.")
    operator.advance_to("2026-11-24T02:00:00+00:00")
    codes.append(play(operator, "patrol", nightshift_poll="20m", nightshift_stay="2h"))
    say("Tuesday 16:00", "The laptops' window opens. lt-03 left at 14:00; lt-06 and lt-07 are away.")
    operator.advance_to("2026-11-24T16:00:00+00:00")
    codes.append(play(operator, "patrol", nightshift_poll="10m", nightshift_stay="3h"))
    say("Wednesday 09:10", "lt-03 is back: scanned at once, and what it needs is installed later the same day.")
    operator.advance_to("2026-11-25T09:10:00+00:00")
    codes.append(play(operator, "patrol", nightshift_poll="10m", nightshift_stay="3h"))
    return codes


def play(operator: Operator, playbook: str, *arguments: str, **variables: str) -> int:
    """Show the command as somebody would type it, and run it."""
    command = operator.command(playbook, *arguments, **variables)
    print("$ " + shlex.join(["ansible-playbook", *short(command[1:])]), flush=True)
    done = subprocess.run(command, cwd=ROOT, env=operator.variables(), stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        print(f"(exit code {done.returncode}: an operator must look at something)", flush=True)
    return done.returncode


def short(words: list[str]) -> list[str]:
    """Return a command with paths as seen from the repository."""
    return [str(Path(word).relative_to(ROOT)) if word.startswith(str(ROOT)) else word for word in words]


def tell_truth(operator: Operator) -> None:
    """Compare with what really happened on the PCs, which only the lab knows."""
    say("What really happened", "the lab's own record, not what was reported")
    happened = Counter(event["what"] for event in operator.truth())
    starts = operator.events("install_started")
    outside = [event for event in starts if not in_window(event) and event["device"] != "lt-03"]
    back = [event for event in starts if event["device"] == "lt-03"]
    again = Counter((event["device"], event["update"]) for event in operator.events("install_finished"))
    restarts = operator.events("restarted")
    print(
        f"searches {happened['search_finished']}, "
        f"updates installed {happened['install_finished']}, failed {happened['install_failed']}"
    )
    print(f"installed twice: {sum(count > 1 for count in again.values())}; started outside the windows: {len(outside)}")
    for event in back[:1]:
        print(f"lt-03, caught up on Wednesday: its first installation began at {local(event['at']):%H:%M}")
    names = Counter(event["device"] for event in restarts)
    print("restarted: " + (", ".join(sorted(names)) or "none") + "; reminders shown: " + str(happened["reminded"]))
    with open_ledger(f"sqlite:///{operator.ledger}", read_only=True).read() as tx:
        for ticket in tx.open_tickets():
            print(f"ticket in the outbox: {ticket.subject}")


def in_window(event: dict[str, str]) -> bool:
    """Tell whether an installation began in the hours of helpdesk 2."""
    return local(event["at"]).hour in WINDOW


def local(instant: str) -> datetime:
    """Return an instant of the truth as the help desk's clock showed it."""
    return datetime.fromisoformat(instant).astimezone(LONDON)


def where_next(operator: Operator) -> None:
    """Name the things worth looking at."""
    say("Where to look next", "")
    bin_folder = Path(sys.executable).parent
    inventory = short([str(operator.inventory)])[0]
    explain = f"{short([str(bin_folder)])[0]}/ansible-playbook nightshift.fleet.explain -i {inventory}"
    print(
        f"why is the Office update of pc-07 parked:  {explain} -e device=pc-07 "
        "-e nightshift_now=2026-11-25T12:30:00+00:00"
    )
    print(f"the policy that did this:                  {short([str(HELPDESK)])[0]}/")
    print("what really happened, line by line:        .demo/lab/truth.jsonl")
    print("the ledger (SQLite):                       " + short([str(operator.ledger)])[0])
    print("a lab of your own:                         python -m lab up --help")
    print("how it works:                              docs/README.md")


def say(heading: str, text: str) -> None:
    """Print a heading."""
    print(f"\n=== {heading} {'=' * max(3, 70 - len(heading))}\n{text}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
