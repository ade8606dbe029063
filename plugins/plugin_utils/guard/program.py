# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A dead man's switch: a process of its own that has disarmed what an ansible-playbook armed that is gone.

It is a program (``python program.py TITLE``, with an ``Order`` as JSON on its standard input) that needs the standard
library alone, so that it is small and outlives whatever ends its playbook. It ends when the job's mark is removed,
which is done where it is proved that nothing of the job is armed. Its time is the real one.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Order:
    """What a guard does. ``controller``: the process that it watches, as a ``Holder`` writes it.

    ``mark``: the file that stands until nothing is armed; ``needs``: files without which there is nothing to guard.
    ``command`` is run in ``folder``, with ``environment`` besides that of the guard, when the controller has been gone
    for ``wait`` and the mark still stands, and again after each ``pause``, until ``patience`` is over. The two are
    looked at every ``poll``. All spans are seconds.
    """

    controller: str
    mark: str
    needs: list[str]
    log: str
    folder: str
    command: list[str]
    environment: dict[str, str]
    wait: float
    pause: float
    patience: float
    poll: float

    def as_json(self) -> str:
        """Return it as the program reads it."""
        return json.dumps(asdict(self))


def keep(order: Order, gone: Callable[[], bool], say: Callable[[str], None]) -> None:
    """Guard, until nothing is armed any more. ``gone``: whether the controller is seen to be dead."""
    say(f"process {os.getpid()} stands guard")
    while not gone():
        if _over(order):
            return
        time.sleep(order.poll)
    due = time.monotonic() + order.wait
    end = due + order.patience
    if not _over(order):
        say(f"its controller is gone; it is disarmed in {order.wait:g} s, unless somebody carries on")
    while not _over(order):
        left = due - time.monotonic()
        if left > 0:
            time.sleep(min(left, order.poll))
        elif time.monotonic() >= end:
            say("it may still be armed, and nothing more is tried: look at the imaging server")
            return
        else:
            say("it is disarmed now")
            say(f"that {_run(order, max(1.0, end - time.monotonic()))}")
            due = time.monotonic() + order.pause
    if _missing(order.mark):
        say("nothing of it is armed any more")


def _over(order: Order) -> bool:
    return any(_missing(path) for path in (order.mark, *order.needs))


def _missing(path: str) -> bool:
    """Whether a file is certainly not there: a file system that does not answer is no reason to end."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _run(order: Order, seconds: float) -> str:
    """Run the command; return how it ended. What it prints goes where the guard's own words go."""
    try:
        done = subprocess.run(
            order.command,
            cwd=order.folder,
            env={**os.environ, **order.environment},
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"was ended after {seconds:.0f} s"
    except OSError as trouble:
        return f"could not be started: {trouble}"
    return f"ended with exit code {done.returncode}"


def _holder() -> Any:
    """Return the ledger's class of processes, from its own file: its package needs more than the standard library."""
    place = Path(__file__).resolve().parent.parent / "ledger" / "holder.py"
    spec = importlib.util.spec_from_file_location("nightshift_holder", place)
    if spec is None or spec.loader is None:
        raise ImportError(f"{place}: it cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks itself up there
    spec.loader.exec_module(module)
    return module.Holder


def _detach(log: str) -> None:
    """Go on as a process that no terminal, no process group and no open file ties to the one that started it."""
    sys.stdout.flush()
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    if os.fork():
        os._exit(0)  # who started it knows by this that it stands
    os.setsid()
    os.chdir("/")
    for source, target in ((nothing, 0), (words, 1), (words, 2)):
        os.dup2(source, target)


def main(title: str) -> None:
    """Stand guard over a job. Exits with 1 when the controller cannot be told from other processes."""
    order, holder = Order(**json.load(sys.stdin)), _holder()
    controller, here = holder.parse(order.controller), holder.here("guard")
    if controller is None or not controller.start:
        sys.exit("this system does not tell when a process started")

    def say(text: str) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(f"{now} {title}: {text}", flush=True)

    _detach(order.log)
    keep(order, lambda: here.sees_dead(controller), say)


if __name__ == "__main__":
    main(sys.argv[1])
