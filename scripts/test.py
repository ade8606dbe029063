# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the parts of ``make test`` and say which ran, how long each took, and what was left out and why.

Usage: test.py PART...   with parts out of lint, artifact, sanity, molecule, unit, e2e, tickets, imaging,
weeks, newest; without: all of them. With PYTEST_ARGS in the environment only pytest runs, with those arguments. A part
that fails does not stop the others. The last lines are pytest's own closing lines. The exit code is 0 only when every
part that ran succeeded.

Parts that are one process most of the time run beside those that keep all cores busy; their output waits in a file
of .cache/test until they have ended. What the tests write goes to a folder in memory that ends with the run.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from parts import BIN, PARTS, ROOT, Result, Say, newest_environment, pytest, stream

TESTED = {"unit", "e2e", "tickets", "newest"}  # the parts whose tests start servers of their own
BESIDE = ("lint", "artifact", "sanity", "molecule", "weeks", "tickets", "imaging", "newest")
OUTPUT = ROOT / ".cache" / "test"
ROOM = 2 << 30  # bytes that must be free in memory for the tests to write there
_voice = threading.Lock()


def say(text: str) -> None:
    """Print, one at a time."""
    with _voice:
        print(text, end="", flush=True)


def services() -> list[str]:
    """Have the servers installed that the tests start themselves; return what was said of those that are not here."""
    done = subprocess.run(
        ["scripts/services"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    say(done.stdout + done.stderr)
    return [line for line in done.stdout.splitlines() if "skipped" in line]


@contextmanager
def scratch() -> Iterator[None]:
    """Have temporary files in a folder of this run, in memory where there is room; it ends with the block."""
    memory = Path("/dev/shm")
    usable = os.access(memory, os.W_OK) and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    usable = usable and shutil.disk_usage(memory).free > ROOM
    with tempfile.TemporaryDirectory(
        prefix="nightshift-", dir=memory if usable else None, ignore_cleanup_errors=True
    ) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        yield


def played(name: str, voice: Say) -> Result:
    """Run a part; what breaks in it is a failure like any other."""
    began = time.monotonic()
    try:
        return PARTS[name](voice)
    except Exception as problem:
        voice(f"{name}: {type(problem).__name__}: {problem}\n")
        return Result(name, False, time.monotonic() - began)


def run_beside(names: Sequence[str], results: dict[str, Result]) -> None:
    """Run parts one after another, each with its output in a file, which is shown when it has ended."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = OUTPUT / f"{name}.log"
        with path.open("w", encoding="utf-8") as file:

            def keep(text: str, file: object = file) -> None:
                print(text, end="", flush=True, file=file)  # type: ignore[call-overload]

            results[name] = played(name, keep)
        say(f"\n=== {name}, which ran beside\n{path.read_text(encoding='utf-8')}\n")


def run_parts(names: Sequence[str]) -> list[Result]:
    """Run parts, those of BESIDE in a second row when there are others; return how each ended."""
    beside = [name for name in names if name in BESIDE]
    rest = [name for name in names if name not in BESIDE]
    if not rest or not beside:
        beside, rest = [], list(names)
    results: dict[str, Result] = {}
    if "newest" in names:
        threading.Thread(target=newest_environment, daemon=True).start()  # once it takes minutes, mostly of waiting
    second = threading.Thread(target=run_beside, args=(beside, results), daemon=True)
    second.start()
    for name in rest:
        say(f"\n=== {name}\n")
        results[name] = played(name, say)
    second.join()
    return [results[name] for name in names]


def summary(results: Sequence[Result], absent: Sequence[str], seconds: float) -> str:
    """Return one line for each part, then what was ``absent``, then pytest's closing lines."""
    lines = ["", "Parts of the test:"]
    for result in results:
        if result.left_out:
            lines.append(f"  {result.part:<9} left out: {result.left_out}")
        else:
            lines.append(f"  {result.part:<9} {'ok' if result.ok else 'FAILED':<7} {result.seconds:5.0f} s")
    lines += [f"  {part:<9} not asked for" for part in PARTS if part not in {result.part for result in results}]
    lines += [f"  {line}" for line in absent]
    failed = [result.part for result in results if not result.ok]
    lines += [f"{'FAILED: ' + ', '.join(failed) if failed else 'All of them succeeded'} ({seconds:.0f} s)", ""]
    lines += [line for result in results for line in result.closing]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the named parts, all without a name; return the exit code."""
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"test.py: unknown part {unknown[0]!r}; use {', '.join(PARTS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    chosen = os.environ.get("PYTEST_ARGS", "")
    absent = services() if chosen or not arguments or TESTED & set(arguments) else []
    with scratch():
        if chosen:
            code, _closing = stream(say, pytest(BIN, *shlex.split(chosen)))
            return code
        results = run_parts(list(dict.fromkeys(arguments)) or list(PARTS))
    print(summary(results, absent, time.monotonic() - began), flush=True)
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # so that the folder goes
    sys.exit(main(sys.argv[1:]))
