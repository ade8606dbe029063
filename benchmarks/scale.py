# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a patrol costs as fleets grow: with nothing due, few, the daily scan of all, Patch Tuesday on all.

python benchmarks/scale.py --situation nothing,few --ledger sqlite,postgresql --devices 200,1000 --results scale.json
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.measured import Job, TookTooLong, machine, measure_together  # noqa: E402
from benchmarks.plot import draw  # noqa: E402
from benchmarks.results import OtherMachine, Row, read, table, with_row, write  # noqa: E402
from benchmarks.situations import Site, Situation, site  # noqa: E402
from tests.services.postgresql import Missing, cluster  # noqa: E402

ROUND = re.compile(r"^round (\d+) at .*: (\d+) asked, (\d+) do not answer$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured once."""

    situation: Situation
    ledger: str  # sqlite or postgresql
    slices: int
    devices: int


@contextmanager
def database(kind: str) -> Iterator[str | None]:
    """Have an empty ledger: the URL of a database of a server of our own; None means SQLite. Raises Missing."""
    if kind == "sqlite":
        yield None
        return
    with cluster().database() as url:
        yield url


def patrols(here: Site, slices: int, options: argparse.Namespace) -> list[Job]:
    """Return ``slices`` patrols, each over its share of the hosts, as AWX slices a job."""
    folder = here.operator.folder
    jobs = []
    for number in range(slices):
        limit = folder / f"slice-{number}"
        limit.write_text("\n".join(here.names[number::slices]), encoding="utf-8")
        wanted = {"nightshift_ledger": here.ledger, "nightshift_poll": options.poll}
        if here.situation.one_round:
            wanted["nightshift_time_budget"] = "1s"
        command = here.operator.command("patrol", "--forks", str(options.forks), "--limit", f"@{limit}", **wanted)
        command[command.index("-i") + 1] = str(here.operator.inventory.parent)  # with those that have settled
        jobs.append(Job(command, here.operator.variables(), folder, folder / f"patrol-{number}.log"))
    return jobs


def take(case: Case, folder: Path, options: argparse.Namespace) -> Row:
    """Measure one case. Exits with what was said where a patrol failed, or did something else than it should."""
    with database(case.ledger) as url, site(case.situation, folder, case.devices, options.due, url) as here:
        began, load = datetime.fromisoformat(here.operator.now()), os.getloadavg()[0]
        done = measure_together(patrols(here, case.slices, options), options.at_most * 60)
        virtual = datetime.fromisoformat(here.operator.now()) - began
        said = [one.log.read_text(encoding="utf-8") for one in done]
        for one, words in zip(done, said, strict=True):
            if one.code:
                raise SystemExit(f"a patrol failed:\n{words[-3000:]}")
        rounds = [[(int(n), int(asked), int(off)) for n, asked, off in ROUND.findall(words)] for words in said]
        asks = sum(asked for one in rounds for _, asked, _ in one)
        silent = sum(off for one in rounds for _, _, off in one)
        expected = asks == len(here.due) if case.situation.one_round else here.finished() == len(here.due)
        if silent or not expected:
            raise SystemExit(f"{asks} asks, {silent} without an answer; {len(here.due)} are due:\n{said[0][-3000:]}")
    return Row(
        case.situation.value,
        case.ledger,
        case.slices,
        case.devices,
        asks,
        max(n for one in rounds for n, _, _ in one),
        virtual.total_seconds(),
        max(one.seconds for one in done),
        sum(one.cpu for one in done),
        sum(one.peak for one in done),
        load,
    )


def cases(options: argparse.Namespace) -> list[Case]:
    """Return what is to be measured: several patrols at once over the largest fleet alone."""
    wanted = product(options.situation, options.ledger, options.devices, options.slices)
    largest = max(options.devices)
    return [
        Case(situation, ledger, slices, devices)
        for situation, ledger, devices, slices in wanted
        if devices == largest or slices == 1
    ]


def several(kind: Callable[[str], Any], *known: Any) -> Callable[[str], list[Any]]:
    """Return what reads values out of an option, between commas; out of ``known`` ones where there are any."""

    def read_option(text: str) -> list[Any]:
        found = []
        for word in text.split(","):
            try:
                found.append(kind(word))
            except ValueError:
                found.append(word)
            if known and found[-1] not in known:
                names = ", ".join(getattr(one, "value", one) for one in known)
                raise argparse.ArgumentTypeError(f"{word!r} is none of {names}")
        return found

    return read_option


def arguments() -> argparse.ArgumentParser:
    """Return what the command line understands."""
    parser = argparse.ArgumentParser(description="What a patrol costs as fleets grow.")
    add = parser.add_argument
    add("--situation", type=several(Situation, *Situation), default="nothing,few", help="nothing, few, scan, tuesday")
    add("--ledger", type=several(str, "sqlite", "postgresql"), default="sqlite", help="sqlite, postgresql")
    add("--devices", type=several(int), default="200,1000,5000,10000", help="sizes of fleets (%(default)s)")
    add("--slices", type=several(int), default="1", help="patrols at once, over the largest fleet; 1 over each")
    add("--due", type=float, default=0.03, help="share that is due where few are (%(default)s)")
    add("--forks", type=int, default=20, help="of each patrol (%(default)s)")
    add("--poll", default="5m", help="nightshift_poll of scan and tuesday (%(default)s)")
    add("--at-most", type=float, default=180, help="real minutes of one measurement, which fails then (%(default)s)")
    add("--results", type=Path, help="a JSON file to keep the results in, beside what it holds of this machine")
    add("--plot", type=Path, help="an SVG file to draw the results into (needs matplotlib)")
    return parser


def main() -> int:
    """Measure, print, keep, draw."""
    options = arguments().parse_args()
    for ending in (signal.SIGINT, signal.SIGTERM):  # patrols, labs and servers end all the same
        signal.signal(ending, lambda which, _: sys.exit(128 + which))
    where = f"{machine()}, ansible-core {version('ansible-core')}, {options.forks} forks"
    print(f"{where}; load before: {os.getloadavg()[0]:.1f}", flush=True)
    try:
        rows = read(options.results, where) if options.results else []
        with tempfile.TemporaryDirectory(prefix="nightshift-scale-") as spare:
            for number, case in enumerate(cases(options)):
                row = take(case, Path(spare) / str(number), options)
                rows = with_row(rows, row)
                print(
                    f"{row.situation}, {row.ledger}, {row.slices} at once, {row.devices} devices: measured", flush=True
                )
                if options.results:
                    write(options.results, where, rows)
    except (Missing, OtherMachine, TookTooLong) as problem:
        raise SystemExit(f"scale.py: {problem}") from None
    print("\n".join(table(rows)), flush=True)
    if options.plot:
        draw(rows, where, options.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
