# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole lab in one process: its devices' ports follow their power, and its control door turns everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from lab.addresses import NoBlock, take
from lab.control import TOKEN_HEADER
from lab.fleet import parse
from lab.laboratory import Laboratory, Settings, StateFile

FLEET = {
    "start": "2026-11-23 16:00",
    "zone": "UTC",
    "devices": [
        {"name": "pc-01", "switch": [{"at": "2026-11-23 18:00", "powered": False}]},
        {"name": "lt-01", "class": "laptop", "powered": False},
    ],
}
Door = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Laboratory, Door]]:
    laboratory = Laboratory(parse(FLEET, "f.yml"), Settings(folder, rate=0))
    state = await laboratory.start()
    async with aiohttp.ClientSession(state.control, headers={TOKEN_HEADER: state.token}) as session:

        async def door(method: str, path: str, body: Any = None) -> Any:
            async with session.request(method, path, json=body) as reply:
                return await reply.json()

        try:
            yield laboratory, door
        finally:
            await laboratory.stop()


async def listens(laboratory: Laboratory, name: str) -> bool:
    try:
        _, writer = await asyncio.open_connection(laboratory.devices[name].address, 5986)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


def test_ports_open_and_close_with_the_power(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (laboratory, door):
            assert await listens(laboratory, "pc-01")
            assert not await listens(laboratory, "lt-01")
            assert (await door("GET", "/next"))["at"] == "2026-11-23T18:00:00+00:00"
            await door("POST", "/clock/advance", {"to": "2026-11-23T18:00:00+00:00"})
            assert not await listens(laboratory, "pc-01")
            assert not (await door("POST", "/devices/lt-01/power", {"on": True}))["answering"]
            await door("POST", "/clock/advance", {"seconds": 60})
            assert await listens(laboratory, "lt-01")
            assert [line["what"] for line in await door("GET", "/truth?device=lt-01")] == ["power_on"]

    asyncio.run(story())


def test_the_control_door_wants_the_token(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path), aiohttp.ClientSession(StateFile.read(tmp_path).control) as stranger:
            async with stranger.post("/clock/advance", json={"seconds": 60}) as reply:
                assert reply.status == 401
            async with stranger.get("/clock", headers={TOKEN_HEADER: "guess"}) as reply:
                assert reply.status == 401

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/clock/advance", {}, "give either"),
        ("/clock/advance", {"seconds": -5}, "never runs backwards"),
        ("/clock/advance", {"to": "2026-11-24T00:00:00"}, "has no time zone"),
        ("/devices/pc-99/power", {"on": True}, "'pc-99' is not a device of this lab"),
        ("/devices/pc-01/power", {"on": "yes"}, "on: 'yes' is not true or false"),
        ("/devices/pc-01/faults", {"kind": "gremlin"}, "'gremlin' is not a fault"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, path: str, body: Any, told: str) -> None:
    async def story() -> None:
        async with running(tmp_path) as (_, door):
            assert told in (await door("POST", path, body))["error"]

    asyncio.run(story())


def test_faults_come_and_go_through_the_control_door(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (laboratory, door):
            told = await door("POST", "/devices/pc-01/faults", {"kind": "hang", "count": 1})
            assert told["faults"] == ["hang"]
            assert laboratory.devices["pc-01"].fault() is not None
            await door("POST", "/devices/pc-01/faults", {"kind": "refuse"})
            assert (await door("DELETE", "/devices/pc-01/faults"))["faults"] == []
            assert laboratory.devices["pc-01"].fault() is None

    asyncio.run(story())


def test_the_inventory_names_every_device_and_keeps_the_password_to_its_owner(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as (laboratory, _):
            register = yaml.safe_load((tmp_path / "inventory" / "register.yml").read_text(encoding="utf-8"))
            addresses = {row["name"]: row["address"] for row in register["devices"]}
            assert addresses == {name: device.address for name, device in laboratory.devices.items()}
            secret = tmp_path / "inventory" / "group_vars" / "all" / "lab.yml"
            assert secret.stat().st_mode & 0o077 == 0
            assert yaml.safe_load(secret.read_text(encoding="utf-8"))["ansible_connection"] == "winrm"
        assert not StateFile.path(tmp_path).exists()

    asyncio.run(story())


def test_two_labs_never_share_a_block_of_addresses() -> None:
    first = take(10, "127.201.0.0/24")
    try:
        with pytest.raises(NoBlock, match="used by another lab"):
            take(10, "127.201.0.0/24")
        other = take(10)
        assert not other.network.overlaps(first.network)
        other.release()
    finally:
        first.release()


@pytest.mark.parametrize(
    ("base", "told"), [("10.0.0.0/16", "not inside 127.0.0.0/8"), ("127.202.0.0/29", "too few addresses")]
)
def test_a_block_that_cannot_serve_is_refused(base: str, told: str) -> None:
    with pytest.raises((NoBlock, ValueError), match=told):
        take(10, base)
