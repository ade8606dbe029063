# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten patrols of one fleet at once, each a process of its own; what the devices saw is the judge."""

from __future__ import annotations

import multiprocessing
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.acting import TURNS, allowed
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.asking import ask
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.opening import Found, open_session
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.probe import Target
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.round import begin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.patrol.session import Member, Purpose, SessionFolder
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

from lab.operator import helpdesk_policies
from tests.e2e.fleets import UPDATES, WANTED, catalogue, pc
from tests.unit.patrol.site import FORK, Fleet, Site, start

PATROLS = 10
NAMES = [f"pc-{number:03}" for number in range(1, 5)]
MONDAY = "2026-11-23T16:00:00+00:00"
StartSite = Callable[..., Site]


@pytest.fixture
def site_of() -> Iterator[StartSite]:
    """Start fleets; they end with the test."""
    with tempfile.TemporaryDirectory(prefix="nightshift-") as folder:  # a socket's path must be short
        running = []

        def begin(kill_at: int = 0) -> Site:
            site, process = start(
                Path(folder), Fleet([pc(name) for name in NAMES], catalogue(*UPDATES), MONDAY, kill_at)
            )
            running.append(process)
            return site

        yield begin
        for process in running:
            process.kill()
            process.join()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a ledger."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    new: str = request.getfixturevalue("new_database")()
    return new


def found() -> Found:
    """The fleet's members, all desktops of the help desk."""
    policies = helpdesk_policies()
    policy = load_policy([Layer(name, policies[name]) for name in ("all", "desktops")])
    members = {name: Member(Device(name, "desktop"), "127.0.0.9", 5986, "policy") for name in NAMES}
    return Found(members, {"policy": policy})


def everybody_answers(targets: Iterable[Target]) -> Mapping[str, str]:
    """What a probe finds out."""
    return {one.name: "" for one in targets}


def patrol(site: Site, url: str, folder: Path, seed: int, rehearsal: bool) -> None:
    """One patrol from its opening to its end, in an order of its own. Raises AssertionError when it needs a person."""
    chance = random.Random(seed)
    files = SessionFolder(str(folder))
    files.clear()
    session = open_session(
        purpose=Purpose.PATROL,
        rehearsal=rehearsal,
        ledger=url,
        clock=site,
        stay=timedelta(hours=1),
        budget=timedelta(hours=2),
        poll=timedelta(minutes=10),
        found=found(),
        folder=files,
    )
    files.save(session)
    number = 1
    while not begin(files, open_ledger(session.ledger), session, number, everybody_answers).over:
        loaded = files.load(fresh=True)
        assert loaded is not None
        session = loaded
        asked = files.read_turn("ask", number)
        chance.shuffle(asked)
        for name in asked:

            def call(module: str, arguments: Mapping[str, Any], device: str = name) -> Mapping[str, Any]:
                return site.call(device, module, arguments, rehearsal)

            word = ask(session, session.members[name], call, allowed(TURNS))
            assert word.status != "attention", word
            files.say(number, word)
        number += 1


def run(site: Site, url: str, folder: Path, rehearsals: int = 0) -> list[str]:
    """Run all patrols at once; return what went wrong in each that was not killed, "" for nothing."""
    said: multiprocessing.Queue[tuple[int, str]] = FORK.Queue()

    def one(seed: int) -> None:
        own = folder / f"patrol-{seed}"
        own.mkdir()
        try:
            patrol(site, url, own, seed, seed < rehearsals)
            said.put((seed, ""))
        except BaseException as wrong:
            said.put((seed, f"{type(wrong).__name__}: {wrong}"))

    processes = [FORK.Process(target=one, args=(seed,)) for seed in range(PATROLS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(240)
    killed = {process.pid for process in processes if process.exitcode == -9}
    assert killed == set(site.killed())
    return [said.get(timeout=10)[1] for _ in range(PATROLS - len(killed))]


def assert_each_served_once(site: Site, url: str) -> None:
    """Judge by the truth of the devices, and see that the ledger tells the same."""
    happened = Counter((device, kb) for device, what, kb in site.events() if what == "install_finished")
    assert happened == Counter({(name, kb): 1 for name in NAMES for kb in WANTED})
    assert site.crowded() == []
    with open_ledger(url, read_only=True).read() as tx:
        for name in NAMES:
            history = tx.history(name)
            assert len(history.attempts) == len(WANTED), name
        assert tx.leases(NAMES) == {}
        assert all(state.missing == () or not state.jobs for state in tx.device_states(NAMES).values())


def test_ten_patrols_at_once_serve_every_device_exactly_once(site_of: StartSite, url: str, tmp_path: Path) -> None:
    site = site_of()
    assert run(site, url, tmp_path) == [""] * PATROLS
    assert_each_served_once(site, url)


def test_of_ten_patrols_one_is_killed_in_the_middle_and_the_others_lose_and_repeat_nothing(
    site_of: StartSite, url: str, tmp_path: Path
) -> None:
    site = site_of(kill_at=4)
    assert run(site, url, tmp_path) == [""] * (PATROLS - 1)
    assert_each_served_once(site, url)


def test_rehearsals_among_ten_patrols_change_nothing(site_of: StartSite, url: str, tmp_path: Path) -> None:
    site = site_of(kill_at=3)
    assert run(site, url, tmp_path, rehearsals=3) == [""] * (PATROLS - 1)
    assert_each_served_once(site, url)
    with open_ledger(url, read_only=True).read() as tx:
        assert len({row.actor for row in tx.audit_trail() if row.event == "install_started"}) <= PATROLS - 3
