# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A holder names one process for ever, and is called dead only when that is certain."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Holder

ME = Holder("pc", "m1", "boot1", "pid:[1]", os.getpid(), "100", "p1")
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


def test_a_holder_reads_back_what_it_wrote() -> None:
    here = Holder.here("patrol/1")
    assert Holder.parse(str(here)) == here


@pytest.mark.parametrize("text", ["", "me", "a/b/c/d/e/f/g", "a/b/c/d/1/f/g/h"])
def test_what_no_holder_wrote_is_nobody(text: str) -> None:
    assert Holder.parse(text) is None


@needs_proc
def test_this_process_is_alive() -> None:
    assert not Holder.here("p1").sees_dead(Holder.here("p2"))


@needs_proc
def test_a_process_that_was_killed_is_dead_even_before_it_is_buried() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    holder = Holder.here("p1", pid=child.pid)
    assert not Holder.here("p2").sees_dead(holder)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # now a zombie
    assert Holder.here("p2").sees_dead(holder)
    child.wait()
    assert Holder.here("p2").sees_dead(holder)


@needs_proc
def test_a_lease_in_the_name_of_a_process_that_is_gone_already_is_of_nobody() -> None:
    """A worker may outlive the playbook in whose name it takes leases."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    holder = Holder.here("p1", pid=child.pid)
    assert holder.start == ""
    assert Holder.here("p2").sees_dead(holder)


@needs_proc
def test_another_process_with_the_same_number_is_another_holder() -> None:
    here = Holder.here("p1")
    assert here.sees_dead(replace(here, start="1"))


@pytest.mark.parametrize(
    "other",
    [
        replace(ME, host="other", start="1"),
        replace(ME, namespace="pid:[2]", start="1"),
        replace(ME, boot="boot2", machine="m2"),
        replace(ME, boot="boot2", machine=""),
        replace(ME, boot="", start="1"),
        replace(ME, start=""),
    ],
    ids=[
        "another host",
        "another container",
        "another machine of that name",
        "no machine id",
        "no boot id",
        "no start",
    ],
)
def test_in_doubt_nobody_is_dead(other: Holder) -> None:
    assert not replace(ME, machine=other.machine and "m1").sees_dead(other)


def test_a_process_from_before_this_machine_started_is_dead() -> None:
    assert ME.sees_dead(replace(ME, boot="boot0"))
