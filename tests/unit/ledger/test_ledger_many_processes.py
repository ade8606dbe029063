# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many processes on one ledger, and processes that are killed in the middle."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import time
from datetime import timedelta
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ledger_scenes import MINUTE, NOW, PC, job, report, result

FORK = multiprocessing.get_context("fork")
NAMES = ("pc-1", "pc-2")
TTL = timedelta(hours=1)


def _hammer(url: str, me: int, inside: list[Synchronized[int]], faults: multiprocessing.Queue[str]) -> None:
    try:
        ledger = open_ledger(url)
        chance = random.Random(me)
        turns = 0
        while turns < 6:
            device = chance.randrange(len(NAMES))
            name = NAMES[device]
            with ledger.begin() as tx:
                held = tx.acquire_lease(name, f"worker-{me}", NOW, TTL)
            if not held:
                time.sleep(0.002)
                continue
            with inside[device].get_lock():
                inside[device].value += 1
                if inside[device].value != 1:
                    faults.put(f"two holders of {name}")
            done = [job(f"j{turns}", results=[result("one")])]
            with ledger.begin() as tx:
                tx.record_report(name, report(f"s{turns}", NOW + turns * MINUTE, missing=["one"], jobs=done), NOW)
            with inside[device].get_lock():
                inside[device].value -= 1
            with ledger.begin() as tx:
                tx.release_lease(name, f"worker-{me}")
            turns += 1
        faults.put("")
    except Exception as fault:
        faults.put(repr(fault))


def test_eight_processes_hammer_one_ledger_without_a_lock_error_or_two_holders(ledger: Ledger, url: str) -> None:
    with ledger.begin() as tx:
        tx.enrol([Device(name) for name in NAMES], NOW)
    inside = [FORK.Value("i", 0) for _ in NAMES]
    faults: multiprocessing.Queue[str] = FORK.Queue()
    workers = [FORK.Process(target=_hammer, args=(url, me, inside, faults)) for me in range(8)]
    for worker in workers:
        worker.start()
    assert [faults.get(timeout=120) for _ in workers] == [""] * 8
    for worker in workers:
        worker.join()
    with ledger.read() as reader:
        for name in NAMES:
            jobs = [one.attempt.job_id for one in reader.history(name).attempts]
            assert sorted(jobs) == sorted(set(jobs))


def _record_for_ever(url: str, seed: int, begun: Event) -> None:
    ledger = open_ledger(url)
    number = seed * 100_000
    while True:
        number += 1
        done = [job(f"j{number}", results=[result("one"), result("two"), result("three")])]
        with ledger.begin() as tx:
            tx.record_report(PC, report(f"s{number}", NOW, missing=["one"], jobs=done), NOW)
        begun.set()


def _kill_one_that_records(url: str, seed: int, after: float) -> None:
    begun = FORK.Event()
    worker = FORK.Process(target=_record_for_ever, args=(url, seed, begun))
    worker.start()
    assert begun.wait(60)
    time.sleep(after)
    worker.kill()
    worker.join()


def test_a_kill_in_the_middle_of_a_transaction_leaves_all_of_it_or_nothing(ledger: Ledger, url: str) -> None:
    chance = random.Random(17)
    for seed in range(12):
        _kill_one_that_records(url, seed, chance.uniform(0, 0.1))
        with ledger.begin() as tx:
            tx.record_contact(PC, NOW, answered=True)
    with ledger.read() as reader:
        history = reader.history(PC)
    assert len(history.jobs) >= 12
    tried = [one.attempt.job_id for one in history.attempts]
    assert all(tried.count(one.job.id) == 3 for one in history.jobs)


def test_the_file_is_sound_after_kills(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    url = f"sqlite:///{path}"
    with open_ledger(url).begin() as tx:
        tx.enrol([Device(PC)], NOW)
    for seed in range(5):
        _kill_one_that_records(url, seed, 0.01 * seed)
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sqlite3.connect(path).execute("PRAGMA foreign_key_check").fetchall() == []


def _open_and_die(url: str) -> None:
    open_ledger(url)


@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.15, 0.2])
def test_a_kill_while_the_schema_is_made_is_mended_by_the_next_opening(url: str, after: float) -> None:
    worker = FORK.Process(target=_open_and_die, args=(url,))
    worker.start()
    time.sleep(after)
    worker.kill()
    worker.join()
    with open_ledger(url).begin() as tx:
        tx.enrol([Device(PC)], NOW)


def test_a_ledger_opened_before_a_fork_works_in_parent_and_child(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.audit("parent", "before", None, {}, NOW)
    child = FORK.Process(target=_note, args=(ledger,))
    child.start()
    child.join()
    with ledger.begin() as tx:
        tx.audit("parent", "after", None, {}, NOW)
    with ledger.read() as reader:
        assert [one.event for one in reader.audit_trail()] == ["before", "forked", "after"]


def _note(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.audit("child", "forked", None, {}, NOW)
