# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands that are measured run beside each other, and none stays when the measurement is broken off."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmarks.measured import Job, TookTooLong, measure_together

MEETS = """
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:3])
mine.touch()
while not other.exists():
    time.sleep(0.01)
sys.exit(int(sys.argv[3]))
"""
SPINS = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
PARENT = """
import pathlib, subprocess, sys, time
print("begun", flush=True)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
try:
    time.sleep(60)
except BaseException:
    pass
"""
OBEYS = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (child.kill(), child.wait(), sys.exit(1)))\n"


def job(folder: Path, name: str, program: str, *arguments: object) -> Job:
    """A Python program with a log of its own."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return Job(command, dict(os.environ), folder, folder / f"{name}.log")


def gone(pid: int) -> bool:
    """Whether a process has ended (one that nobody has waited for yet has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_commands_run_at_the_same_time_and_are_told_in_their_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    done = measure_together([job(tmp_path, "a", MEETS, one, two, 3), job(tmp_path, "b", MEETS, two, one, 0)], 30)
    assert [(each.code, each.log.name) for each in done] == [(3, "a.log"), (0, "b.log")]


def test_the_processor_time_of_children_counts(tmp_path: Path) -> None:
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SPINS!r}], check=True)"
    (done,) = measure_together([job(tmp_path, "a", outer)], 30)
    assert done.code == 0
    assert done.cpu >= 0.3


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    program = PARENT.replace("try:", OBEYS + "try:")
    with pytest.raises(TookTooLong, match=r"^not at its end after 3 s; it said last:\nbegun"):
        measure_together([job(tmp_path, "a", program, tmp_path / "pid"), job(tmp_path, "b", "pass")], 3)
    assert gone(int((tmp_path / "pid").read_text()))


def test_ctrl_c_ends_what_does_not_end_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.measured._GRACE", 0.2)
    deaf = PARENT.replace("try:", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntry:")
    card = tmp_path / "pid"

    def press() -> None:
        while not (card.exists() and card.read_text()):
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        measure_together([job(tmp_path, "a", deaf, card)], 30)
    for _ in range(200):
        if gone(int(card.read_text())):
            break
        time.sleep(0.01)
    assert gone(int(card.read_text()))
