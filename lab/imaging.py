# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The imaging server of a lab: what a fleet file says of it, its door for PCs and operators, and one for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import yaml
from aiohttp import web

from .device import cloning
from .device.pc import SimulatedPC
from .fleet_form import FleetError, Form
from .fog.network_boot import Mishap, NetworkBoot, mishaps_of
from .fog.server import API_TOKEN, USER_TOKEN, FogServer
from .fog.store import Store
from .tls import LabAuthority, ServerIdentity
from .wake import NETWORK, WakeListener


@dataclass(frozen=True, slots=True)
class ImagingSpec:
    """``images``: name to the PC whose disk it holds; ``twins``: those that were not generalised.

    ``dialect``, ``mishaps``: of FOG. ``pcs``: PCs that the server knows besides those of class room.
    """

    server: str
    dialect: Literal["1.5", "1.6"]
    minutes: float
    images: Mapping[str, str]
    twins: frozenset[str] = frozenset()
    mishaps: Mapping[str, tuple[Mishap, int]] = field(default_factory=dict)
    pcs: frozenset[str] = frozenset()
    engine: str = "fog"


def imaging(form: Form) -> ImagingSpec:
    """Read ``imaging`` of a fleet file. Raises FleetError."""
    form.only("engine", "server", "dialect", "minutes", "images", "twins", "mishaps", "pcs")
    images = form.form("images")
    if not images.raw:
        raise FleetError(f"{form.place}: images: there are none; write the name of one, and the PC it is captured from")
    try:
        mishaps = mishaps_of(form.form("mishaps").raw)
    except (KeyError, TypeError, ValueError) as wrong:
        known = ", ".join(one.value for one in Mishap)
        raise FleetError(f"{form.place}: mishaps: {wrong}; write pc: {{kind: ..., times: 1}}, kinds {known}") from wrong
    return ImagingSpec(
        form.text("server", "fog-1") or "",
        "1.6" if form.text("dialect", "1.5", ("1.5", "1.6")) == "1.6" else "1.5",
        form.number("minutes", 6.0) or 0.0,
        {str(name): images.text(name) or "" for name in images.raw},
        frozenset(form.words("twins")),
        mishaps,
        frozenset(form.words("pcs")),
        form.text("engine", "fog", ("fog", "clonezilla")) or "",
    )


class LabImaging:
    """A FOG server on loopback that knows each PC with a MAC, and the network from which these start."""

    def __init__(
        self,
        spec: ImagingSpec,
        devices: Mapping[str, SimulatedPC],
        macs: Mapping[str, str],
        wake: Callable[[str], None] = lambda name: None,
    ) -> None:
        """Capture the images and register the PCs; ``wake`` switches one on. Raises FleetError."""
        self._cards = WakeListener({mac: name for name, mac in macs.items()}, wake)
        self._wake_port = 0
        self._spec = spec
        self.store = Store()
        self.server = FogServer(self.store, spec.dialect)
        self.network = NetworkBoot(self.store, mishaps=dict(spec.mishaps), takes_time=timedelta(minutes=spec.minutes))
        self._runner: web.AppRunner | None = None
        old = self.store.add_image("old")
        for name, reference in spec.images.items():
            if reference not in devices:
                raise FleetError(f"imaging: images: {name}: {reference!r} is no device; name one")
            generalised = name not in spec.twins
            self.network.images[name] = cloning.capture(devices[reference], name, generalised=generalised)
            self.store.add_image(name)
        for name, mac in macs.items():
            self.network.register(devices[name], mac.lower(), old.id)

    async def start(self, authority: LabAuthority, now: datetime) -> None:
        """Listen on a free port of 127.0.0.1, with a certificate of the lab, and for packets that wake PCs."""
        self._wake_port = await self._cards.start()
        self._runner = web.AppRunner(self.server.application(), access_log=None)
        await self._runner.setup()
        context = authority.server_context(ServerIdentity("fog.lab", addresses=("127.0.0.1",)), now)
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        self.server.url = f"https://127.0.0.1:{self._runner.addresses[0][1]}/fog"

    async def stop(self) -> None:
        """Listen no more."""
        self._cards.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    def write_variables(self, folder: Path, ca: Path) -> None:
        """Tell the operator's inventory how to reach the server."""
        fog = {"url": self.server.url, "api_token": API_TOKEN, "user_token": USER_TOKEN, "ca_path": str(ca)}
        content = {
            "nightshift_imaging_servers": {self._spec.server: {"engine": "fog", "fog": fog}},
            "nightshift_lab_wake": {"network": NETWORK, "port": self._wake_port},
        }
        path = folder / "group_vars" / "all" / "imaging.yml"
        path.touch(mode=0o600)
        text = yaml.safe_dump(content, sort_keys=False)
        path.write_text(f"---\n# Written by the lab; the next start replaces it.\n{text}", encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        """Return what the lab's control door has besides: what is armed, faults, and the tasks of other people."""
        return [
            web.get("/imaging", self._show),
            web.post("/imaging/quirks", self._quirks),
            web.post("/imaging/mishaps", self._mishaps),
            web.post("/imaging/tasks", self._other_task),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        tasks = [
            {"host": self.store.hosts[task.host].name if task.host else "", "name": task.name, "state": task.state,
             "type": task.type, "image": self.store.images[task.image].name}
            for task in self.store.tasks.values()
        ]  # fmt: skip
        return web.json_response({
            "armed": self.network.armed(),
            "tasks": tasks,
            "groups": [group.name for group in self.store.groups.values()],
            "orders": self.server.orders(),
        })  # fmt: skip

    async def _quirks(self, request: web.Request) -> web.Response:
        for name, value in (await request.json()).items():
            setattr(self.store.quirks, name, value)
        shown = {key: value for key, value in asdict(self.store.quirks).items() if isinstance(value, bool)}
        return web.json_response(shown)

    async def _mishaps(self, request: web.Request) -> web.Response:
        self.network.mishaps = mishaps_of(await request.json())
        return web.json_response({name: kind.value for name, (kind, _times) in self.network.mishaps.items()})

    async def _other_task(self, request: web.Request) -> web.Response:
        """Give hosts a task of somebody else: by name, ``type`` 1, as the help desk would on FOG's page."""
        body = await request.json()
        for host in [row for row in self.store.hosts.values() if row.name in body["hosts"]]:
            self.store.task_host(host, int(body.get("type", 1)), str(body.get("name", "help desk")), "", "")
        return await self._show(request)
