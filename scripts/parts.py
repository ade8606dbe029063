# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of ``make test``: what each runs, and how it ended.

A part is a function that is given ``Say``, which takes its output line by line, and returns a Result.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pythons import newest_supported

Say = Callable[[str], None]

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
# Tests of one subject that run Ansible's own programs: with the others that do, for what these load is shared.
PLAYED = (
    "tests/unit/advisories/test_the_playbook.py",
    "tests/unit/cloning/test_campaign_playbook.py",
    "tests/unit/golden/test_golden_clonezilla.py",
    "tests/unit/inventory",
)
UNIT = (
    "tests",
    "-m",
    "not slow",
    "--ignore=tests/e2e",
    "--ignore=tests/weeks/test_weeks.py",
    "--ignore=tests/services",
    "--ignore=tests/imaging",
    *(f"--ignore={path}" for path in PLAYED),
    "-n",
    str(min(4, (os.cpu_count() or 1) + 1)),  # some wait: for servers, and for processes that they kill
    "--durations=15",
)
# A patrol waits for its lab at times: four on two cores. make test-slow runs what is marked so.
E2E_OPTIONS = ("-m", "not slow", "-n", "4", "--dist", "worksteal", "--durations=15")
E2E = ("tests/e2e", *PLAYED, *E2E_OPTIONS)
TICKETS = ("tests/services", "-n", "2", "--dist", "worksteal")
IMAGING = ("tests/imaging/test_multicast_machines.py", "-k", "every_file or differs")  # make test-imaging has all
# What meets Ansible, or what Python brings itself (zones, YAML, CSV): on another core the rest says what it has said.
NEWEST_UNIT = (
    *(f"tests/unit/{room}" for room in ("calendar", "inventory", "lab/payload", "policy", "register")),
    *("-k", "not properties"),
)
NEWEST_E2E = (
    "tests/e2e/test_community_modules.py::test_win_ping_unmodified_succeeds_on_every_pc_that_is_on",
    "tests/e2e/test_policy_mistakes.py",
    *(
        f"tests/e2e/test_helpdesk_cases.py::test_{case}"
        for case in (
            "no_restart_by_itself_users_are_told_and_the_patch_takes_effect_at_the_next_start",
            "a_patch_that_fails_twice_gets_one_ticket_and_is_parked_while_others_go_on",
        )
    ),
    *(
        f"tests/e2e/test_safety.py::test_{case}"
        for case in (
            "check_mode_prints_the_plan_and_changes_nothing_anywhere",
            "broken_devices_are_named_and_the_others_are_served",
        )
    ),
)
WEEKS = ("tests/weeks/test_weeks.py", "-k", "msp")  # nine days; make weeks has months
_CLOSING = re.compile(r"^(\x1b\[[0-9;]*m)*=+ .*\b(passed|failed|error|errors|skipped|no tests ran)\b.* in .*=+")


@dataclass(frozen=True, slots=True)
class Result:
    """How a part ended. ``left_out`` is the reason when it did not run; ``closing`` are pytest's last lines."""

    part: str
    ok: bool
    seconds: float = 0.0
    left_out: str = ""
    closing: tuple[str, ...] = ()


def environment(bin_dir: Path, home: Path | None = None) -> dict[str, str]:
    """Return the environment of a part: its own tools first, UTF-8, no colour unless it was asked for.

    Tools write logs and caches to the home folder: without ``home`` it is one among the temporary files.
    """
    path = f"{bin_dir}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if home is None:
        home = Path(tempfile.gettempdir()) / "home"
        home.mkdir(exist_ok=True)
    return {
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_GLOBAL": str(Path.home() / ".gitconfig"),
        **os.environ,
        "PATH": path,
        "HOME": str(home),
        "MOLECULE_COMMAND_BORDERS": "0",
        "PYTHONUNBUFFERED": "1",
    }


def stream(
    say: Say, command: Sequence[str], bin_dir: Path = BIN, home: Path | None = None
) -> tuple[int, tuple[str, ...]]:
    """Run a command, pass its output on, and return its exit code and pytest's closing lines in it."""
    say(f"$ {shlex.join(command)}\n")
    closing: list[str] = []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(bin_dir, home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line)
            if _CLOSING.match(line):
                closing.append(line.rstrip())
    return process.returncode, tuple(closing)


def run(part: str, say: Say, *commands: Sequence[str], bin_dir: Path = BIN, home: Path | None = None) -> Result:
    """Run the commands of a part one after another, up to the first that fails."""
    began = time.monotonic()
    closing: tuple[str, ...] = ()
    code = 0
    for command in commands:
        code, lines = stream(say, command, bin_dir, home)
        closing += lines
        if code:
            break
    return Result(part, code == 0, time.monotonic() - began, closing=closing)


def pytest(bin_dir: Path, *arguments: str) -> list[str]:
    """Return the command line; pytest's exit code 5 (nothing collected) is a failure like any other."""
    return [str(bin_dir / "python"), "-m", "pytest", *arguments]


def lint(say: Say) -> Result:
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
            say(f"$ {command}: {'ok' if code == 0 else f'exit code {code}'}\n")
            if code:
                ok = False
                say(output)
    return Result("lint", ok, time.monotonic() - began)


def artifact(say: Say) -> Result:
    """Build the collection, install the artefact alone, and run it there."""
    return run("artifact", say, [sys.executable, "scripts/artifact.py"])


def sanity(say: Say) -> Result:
    """Run what only ansible-test knows, on an installed copy, with the user's own configuration of pip."""
    return run("sanity", say, [sys.executable, "scripts/sanity.py", "--only-its-own"], home=Path.home())


def molecule(say: Say) -> Result:
    """Run the scenario on the lab."""
    return run("molecule", say, [str(BIN / "molecule"), "test", "--scenario-name", "patrol"])


def unit(say: Say) -> Result:
    """Run unit, property and contract tests."""
    return run("unit", say, pytest(BIN, *UNIT))


def e2e(say: Say) -> Result:
    """Run the end-to-end tests against the lab."""
    return run("e2e", say, pytest(BIN, *E2E))


def tickets(say: Say) -> Result:
    """Run the tests that deliver tickets to real servers, over connections that break."""
    return run("tickets", say, pytest(BIN, *TICKETS))


def imaging(say: Say) -> Result:
    """Let two emulated PCs take an image by multicast, where they can be had."""
    subprocess.run(["scripts/services", "imaging"], cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
    asked = subprocess.run(
        [str(BIN / "python"), "-m", "tests.imaging.needs"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    if asked.stdout:
        return Result("imaging", True, left_out=asked.stdout)
    return run("imaging", say, pytest(BIN, *IMAGING))


def weeks(say: Say) -> Result:
    """Let weeks pass under a preset, and judge what happened."""
    return run("weeks", say, pytest(BIN, *WEEKS))


def newest(say: Say) -> Result:
    """Run what may differ there on the newest ansible-core, where a Python for it is present."""
    began = time.monotonic()
    made = newest_environment()
    if isinstance(made, str):
        return Result("newest", True, left_out=made)
    if made is None:
        return Result("newest", False, time.monotonic() - began)
    say(f"environment: {time.monotonic() - began:.0f} s\n")
    result = run(
        "newest",
        say,
        [str(made / "ansible"), "--version"],
        pytest(made, *NEWEST_UNIT, "-n", "2"),
        pytest(made, *NEWEST_E2E, *E2E_OPTIONS, "-n", "2"),
        bin_dir=made,
    )
    return Result("newest", result.ok, time.monotonic() - began, closing=result.closing)


_making = threading.Lock()


def newest_environment() -> Path | str | None:
    """Make, or find again, the environment of the newest ansible-core; one caller makes it and the others wait.

    Return the folder of its programs, or why there can be none here, or None when making it failed.
    """
    with _making:
        python = newest_supported()
        if python is None:
            return "no Python 3.12 or 3.13 with venv was found for the newest ansible-core"
        made = subprocess.run(
            ["scripts/env", "newest"],
            cwd=ROOT,
            env={**os.environ, "PYTHON": str(python), "NIGHTSHIFT_MAIN": sys.executable},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
    return None if made.returncode else Path(made.stdout.strip()).parent


PARTS: dict[str, Callable[[Say], Result]] = {
    "lint": lint,
    "artifact": artifact,
    "sanity": sanity,
    "molecule": molecule,
    "e2e": e2e,
    "unit": unit,
    "tickets": tickets,
    "imaging": imaging,
    "weeks": weeks,
    "newest": newest,
}
