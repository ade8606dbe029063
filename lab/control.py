# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's control door: HTTP on 127.0.0.1, one token, JSON in and out.

It answers when all devices have caught up with the present instant.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .device.faults import FaultError, read_fault
from .device.pc import SimulatedPC
from .device.state import JobKind
from .truth import What

if TYPE_CHECKING:
    from .laboratory import Laboratory

TOKEN_HEADER = "X-Lab-Token"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Serves the clock, the truth, the power switches and the faults of one laboratory."""

    def __init__(self, laboratory: Laboratory, token: str) -> None:
        """Take the laboratory; listen on ``start``."""
        self._lab = laboratory
        self.token = token
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen on a free port of 127.0.0.1 and return the address, ``http://127.0.0.1:PORT``."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/clock", self._clock),
                web.post("/clock/advance", self._advance),
                web.get("/truth", self._truth),
                web.get("/devices", self._devices),
                web.post("/devices/{name}/power", self._power),
                web.post("/devices/{name}/faults", self._add_fault),
                web.delete("/devices/{name}/faults", self._drop_faults),
                web.get("/next", self._next),
                web.get("/stats", self._stats),
                web.post("/stop", self._stop),
            ]
        )
        if self._lab.imaging is not None:
            app.add_routes(self._lab.imaging.routes())
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, ""), self.token):
            return _problem(
                401, f"the header {TOKEN_HEADER} does not hold this lab's token; it is in the lab's inventory"
            )
        await request.read()  # all of it: what a handler leaves, aiohttp waits for 10 s when a lab stops
        await self._lab.refresh()
        try:
            return await handler(request)
        except (ValueError, FaultError) as problem:
            return _problem(400, str(problem))

    async def _clock(self, request: web.Request) -> web.Response:
        return web.json_response({"now": self._lab.clock.now().isoformat(), "rate": self._lab.clock.rate})

    async def _advance(self, request: web.Request) -> web.Response:
        body = await _body(request)
        if ("seconds" in body) == ("to" in body):
            raise ValueError('give either {"seconds": number} or {"to": instant}')
        if "to" in body:
            self._lab.clock.advance_to(datetime.fromisoformat(str(body["to"])))
        else:
            self._lab.clock.advance(float(body["seconds"]))
        await self._lab.refresh()
        return await self._clock(request)

    async def _truth(self, request: web.Request) -> web.Response:
        what = request.query.get("what")
        log = self._lab.truth.happenings(request.query.get("device"), What(what) if what else None)
        return web.json_response([happening.as_json() for happening in log])

    async def _devices(self, request: web.Request) -> web.Response:
        return web.json_response([_form(device) for device in self._lab.devices.values()])

    async def _power(self, request: web.Request) -> web.Response:
        device = self._device(request)
        on = (await _body(request)).get("on")
        if not isinstance(on, bool):
            raise ValueError(f"on: {on!r} is not true or false")
        device.power(on)
        await self._lab.refresh()
        return web.json_response(_form(device))

    async def _add_fault(self, request: web.Request) -> web.Response:
        device = self._device(request)
        device.faults.faults.append(read_fault(await _body(request), "fault", _instant))
        return web.json_response(_form(device), status=201)

    async def _drop_faults(self, request: web.Request) -> web.Response:
        device = self._device(request)
        device.faults.faults.clear()
        return web.json_response(_form(device))

    async def _next(self, request: web.Request) -> web.Response:
        coming = self._lab.next_event()
        form = {"at": coming[0].isoformat(), "device": coming[1].name} if coming else {"at": None, "device": ""}
        return web.json_response(form)

    async def _stats(self, request: web.Request) -> web.Response:
        calls = self._lab.truth.calls
        stats: dict[str, Any] = {}
        for name in self._lab.devices:
            traffic = self._lab.winrm.traffic(name)
            stats[name] = {
                "requests": traffic.requests,
                "bytes_in": traffic.bytes_in,
                "bytes_out": traffic.bytes_out,
                "calls": {module: count for (device, module), count in calls.items() if device == name},
            }
        return web.json_response(stats)

    async def _stop(self, request: web.Request) -> web.Response:
        self._lab.ask_to_stop()
        return web.json_response({"stopping": True})

    def _device(self, request: web.Request) -> SimulatedPC:
        name = request.match_info["name"]
        device = self._lab.devices.get(name)
        if device is None:
            raise ValueError(f"{name!r} is not a device of this lab; GET /devices lists them")
        return device


def _form(device: SimulatedPC) -> dict[str, Any]:
    job = device.jobs.running(*JobKind)
    return {
        "name": device.name,
        "address": device.address,
        "on": device.on,
        "answering": device.answering(),
        "boot_time": device.computer.boot_time.isoformat(),
        "build": f"{device.computer.build}.{device.computer.ubr}",
        "pending_restart": device.pending.required,
        "restart_at": device.restart.at.isoformat() if device.restart else None,
        "job": {"id": job.id, "kind": job.kind.value, "current": job.current} if job else None,
        "faults": [fault.kind.value for fault in device.faults.faults if fault.count != 0],
    }


def _instant(value: Any, place: str) -> datetime:
    instant = datetime.fromisoformat(str(value))
    if instant.tzinfo is None:
        raise FaultError(f"{place}: {value!r} has no time zone; add one, for example +00:00")
    return instant


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except json.JSONDecodeError as problem:
        raise ValueError(f"the body is not JSON: {problem}") from problem
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    return body


def _problem(status: int, text: str) -> web.Response:
    return web.json_response({"error": text}, status=status)
