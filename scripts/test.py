# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the parts of ``make test`` and say which ran, how long each took, and what was left out and why.

Usage: test.py PART...   with parts out of lint, artifact, sanity, unit, molecule, e2e, tickets, weeks, newest;
without: all of them. With PYTEST_ARGS in the environment only pytest runs, with those arguments. A part that fails
does not stop the others. The last lines are pytest's own closing lines. The exit code is 0 only when every part that
ran succeeded.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pythons import newest_supported

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
TREE = ".venv/tree/ansible_collections/nightshift/fleet"
LINTERS = (
    "ansible-lint --strict",
    f"mypy {TREE}/plugins/plugin_utils {TREE}/plugins/module_utils/imaging lab",
    "ruff check .",
    "ruff format --check .",
    "yamllint --strict .",
    "antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck .",
    "antsibull-changelog lint",
)
UNIT = (
    "tests",
    "--ignore=tests/e2e",
    "--ignore=tests/weeks/test_weeks.py",
    "--ignore=tests/services",
    "-n",
    "auto",
    "--maxprocesses=4",
)
E2E = ("tests/e2e", "-n", "3", "--dist", "worksteal")  # a patrol waits for its lab at times: three on two cores
TICKETS = ("tests/services", "-n", "2", "--dist", "worksteal")
TESTED = {"unit", "e2e", "tickets", "newest"}  # the parts whose tests start servers of their own
# What meets Ansible, or Python's own calendar: on another core and Python the rest says what it has said already.
NEWEST_UNIT = tuple(f"tests/unit/{room}" for room in ("calendar", "inventory", "lab", "planner", "policy", "register"))
NEWEST_E2E = tuple(f"tests/e2e/test_{what}.py" for what in ("community_modules", "helpdesk_cases", "safety"))
WEEKS = ("tests/weeks/test_weeks.py", "-k", "helpdesk or msp", "-n", "2")  # a month takes minutes; make weeks has all
_CLOSING = re.compile(r"^(\x1b\[[0-9;]*m)*=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* in .*=+")


@dataclass(frozen=True, slots=True)
class Result:
    """How a part ended. ``left_out`` is the reason when it did not run; ``closing`` are pytest's last lines."""

    part: str
    ok: bool
    seconds: float = 0.0
    left_out: str = ""
    closing: tuple[str, ...] = ()


def environment(bin_dir: Path) -> dict[str, str]:
    """Return the environment of a part: its own tools first, UTF-8, no colour unless it was asked for."""
    path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"LC_ALL": "C.UTF-8", **os.environ, "PATH": path, "MOLECULE_COMMAND_BORDERS": "0", "PYTHONUNBUFFERED": "1"}


def stream(command: Sequence[str], bin_dir: Path) -> tuple[int, tuple[str, ...]]:
    """Run a command, let its output through, and return its exit code and pytest's closing lines in it."""
    print(f"$ {shlex.join(command)}", flush=True)
    closing: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(bin_dir),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if _CLOSING.match(line):
                closing.append(line.rstrip())
    return process.returncode, tuple(closing)


def run(part: str, *commands: Sequence[str], bin_dir: Path = BIN) -> Result:
    """Run the commands of a part one after another, up to the first that fails."""
    began = time.monotonic()
    closing: tuple[str, ...] = ()
    code = 0
    for command in commands:
        code, lines = stream(command, bin_dir)
        closing += lines
        if code:
            break
    return Result(part, code == 0, time.monotonic() - began, closing=closing)


def pytest(bin_dir: Path, *arguments: str) -> list[str]:
    """Return the command line; pytest's exit code 5 (nothing collected) is a failure like any other."""
    return [str(bin_dir / "python"), "-m", "pytest", *arguments]


def services() -> list[str]:
    """Have the servers installed that the tests start themselves; return what was said of those that are not here."""
    done = subprocess.run(
        ["scripts/services"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    print(done.stdout + done.stderr, end="", flush=True)
    return [line for line in done.stdout.splitlines() if "skipped" in line]


def lint() -> Result:
    """Run the linters two at a time; show the words of those that complain."""
    began = time.monotonic()

    def one(command: str) -> tuple[str, int, str]:
        done = subprocess.run(
            shlex.split(command),
            cwd=ROOT,
            env={**environment(BIN), "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return command, done.returncode, done.stdout

    ok = True
    with ThreadPoolExecutor(2) as pool:
        for command, code, output in pool.map(one, LINTERS):
            print(f"$ {command}: {'ok' if code == 0 else f'exit code {code}'}", flush=True)
            if code:
                ok = False
                print(output, flush=True)
    return Result("lint", ok, time.monotonic() - began)


def artifact() -> Result:
    """Build the collection, install the artefact alone, and run it there."""
    return run("artifact", [sys.executable, "scripts/artifact.py"])


def sanity() -> Result:
    """Run ansible-test on an installed copy."""
    return run("sanity", [sys.executable, "scripts/sanity.py"])


def unit() -> Result:
    """Run unit, property and contract tests."""
    return run("unit", pytest(BIN, *UNIT))


def molecule() -> Result:
    """Run the scenario on the lab."""
    return run("molecule", [str(BIN / "molecule"), "test", "--scenario-name", "patrol"])


def e2e() -> Result:
    """Run the end-to-end tests against the lab."""
    return run("e2e", pytest(BIN, *E2E))


def tickets() -> Result:
    """Run the tests that deliver tickets to real servers, over connections that break."""
    return run("tickets", pytest(BIN, *TICKETS))


def weeks() -> Result:
    """Let four weeks pass under each preset, and judge what happened."""
    return run("weeks", pytest(BIN, *WEEKS))


def newest() -> Result:
    """Run what may differ there on the newest ansible-core, where a Python for it is present."""
    python = newest_supported()
    if python is None:
        return Result("newest", True, left_out="no Python 3.12 or 3.13 with venv was found for the newest ansible-core")
    began = time.monotonic()
    made = subprocess.run(
        ["scripts/env", "newest"],
        cwd=ROOT,
        env={**os.environ, "PYTHON": str(python)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if made.returncode:
        return Result("newest", False, time.monotonic() - began)
    bin_dir = Path(made.stdout.strip()).parent
    print(f"environment: {time.monotonic() - began:.0f} s", flush=True)
    result = run(
        "newest",
        [str(bin_dir / "ansible"), "--version"],
        pytest(bin_dir, *NEWEST_UNIT, "-n", "auto", "--maxprocesses=4"),
        pytest(bin_dir, *NEWEST_E2E, *E2E[1:]),
        bin_dir=bin_dir,
    )
    return Result("newest", result.ok, time.monotonic() - began, closing=result.closing)


PARTS: dict[str, Callable[[], Result]] = {
    "lint": lint,
    "artifact": artifact,
    "sanity": sanity,
    "molecule": molecule,
    "unit": unit,
    "e2e": e2e,
    "tickets": tickets,
    "weeks": weeks,
    "newest": newest,
}


def summary(results: Sequence[Result], absent: Sequence[str] = ()) -> str:
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
    total = sum(result.seconds for result in results)
    lines += [f"{'FAILED: ' + ', '.join(failed) if failed else 'All of them succeeded'} ({total:.0f} s)", ""]
    lines += [line for result in results for line in result.closing]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Run the named parts, all without a name; return the exit code."""
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"test.py: unknown part {unknown[0]!r}; use {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = os.environ.get("PYTEST_ARGS", "")
    absent = services() if chosen or not arguments or TESTED & set(arguments) else []
    if chosen:
        code, _closing = stream(pytest(BIN, *shlex.split(chosen)), BIN)
        return code
    results = []
    for name in arguments or PARTS:
        print(f"\n=== {name}", flush=True)
        results.append(PARTS[name]())
    print(summary(results, absent), flush=True)
    return 0 if all(result.ok for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
