# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Python programs as processes of their own, forked from one that has loaded the libraries of others already.

Loading them takes longer than what most programs of a test do. Nothing of the collection is loaded beforehand, and of
Ansible only what modules use: its configuration is read where a program begins, as ever.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

LIBRARIES = [
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "alembic.command",
    "cryptography.x509",
    "jinja2",
    "lab.__main__",
    "requests",
    "sqlalchemy.dialects.sqlite",
    "winrm",
    "yaml",
    "zoneinfo",
]
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(LIBRARIES)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str = "",  # noqa: A002  # as subprocess.run has it
    timeout: float = 120.0,
) -> CompletedProcess[str]:
    """Run a Python script, or ``-c`` and a text, as subprocess.run would with ``capture_output`` and ``text``."""
    words = [str(word) for word in command]
    with files(input) as folder:
        process = SERVER.Process(
            target=become, args=(words, str(folder), str(cwd or Path.cwd()), dict(os.environ if env is None else env))
        )
        code = ended(process, timeout)
        if code is None:
            raise TimeoutExpired(words, timeout)
        return CompletedProcess(words, code, *said(folder))


def ended(process: BaseProcess, timeout: float) -> int | None:
    """Start a process and return how it ended: None when it took longer than ``timeout`` seconds and was killed."""
    process.start()
    process.join(timeout)
    if process.exitcode is not None:
        return process.exitcode
    process.kill()
    process.join()
    return None


@contextmanager
def files(input: str) -> Iterator[Path]:  # noqa: A002  # as subprocess.run has it
    """Give a folder with the files that are a program's input, output and errors, named 0, 1 and 2."""
    with tempfile.TemporaryDirectory(prefix="nightshift-") as name:
        (Path(name) / "0").write_text(input, encoding="utf-8")
        yield Path(name)


def said(folder: Path) -> tuple[str, str]:
    """Return the output of a program that has ended, and its errors."""
    return (folder / "1").read_text(encoding="utf-8"), (folder / "2").read_text(encoding="utf-8")


def become(
    words: list[str], folder: str, cwd: str, env: dict[str, str], before: Callable[[], object] | None = None
) -> None:
    """Become the program; multiprocessing makes its SystemExit an exit code. ``before``: done in its environment."""
    move([f"{folder}/{number}" for number in range(3)], cwd, env)
    try:
        if before:
            before()
        if words[0] == "-c":
            sys.argv = ["-c", *words[2:]]
            exec(compile(words[1], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves without


def move(files: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
    """Give this process a session, a folder and an environment of its own, and three files as input, output, errors."""
    os.setsid()
    for number, flags in enumerate((os.O_RDONLY, *[os.O_WRONLY | os.O_CREAT | os.O_APPEND] * 2)):
        os.dup2(os.open(files[number], flags), number)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
