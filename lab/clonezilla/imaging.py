# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The DRBL server of a lab, in a folder of the lab's: what the fleet file says of it, and a door for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from aiohttp import web

from ..device import cloning
from ..device.pc import SimulatedPC
from ..fleet_form import FleetError
from ..imaging import ImagingSpec
from ..tls import LabAuthority
from ..wake import NETWORK, WakeListener
from .network_boot import PARTS, DrblNetwork
from .server import Pc, drbl_server


class LabDrbl:
    """The stand-in of DRBL with Clonezilla SE, which knows each PC with a MAC, and the network from which these start.

    It runs on the lab's machine, as the lab's user, below ``folder``.
    """

    def __init__(
        self,
        spec: ImagingSpec,
        devices: Mapping[str, SimulatedPC],
        macs: Mapping[str, str],
        folder: Path,
        wake: Callable[[str], None] = lambda name: None,
    ) -> None:
        """Make the server and its images; ``wake`` switches a PC on. Raises FleetError."""
        if spec.mishaps:
            raise FleetError("imaging: mishaps: they are of the engine fog; leave them out")
        self._cards = WakeListener({mac: name for name, mac in macs.items()}, wake)
        self._wake_port = 0
        self._spec = spec
        self._root = folder
        self._running = ExitStack()
        pcs = [Pc(name, mac.lower(), f"10.77.0.{number}") for number, (name, mac) in enumerate(macs.items(), start=80)]
        server = self._running.enter_context(drbl_server(folder, pcs))
        self.network = DrblNetwork(server, timedelta(minutes=spec.minutes))
        for name, reference in spec.images.items():
            if reference not in devices:
                raise FleetError(f"imaging: images: {name}: {reference!r} is no device; name one")
            generalised = name not in spec.twins
            self.network.images[name] = cloning.capture(devices[reference], name, generalised=generalised)
            server.add_image(name, dict(PARTS))
        for name in macs:
            self.network.register(devices[name])

    async def start(self, authority: LabAuthority, now: datetime) -> None:
        """Listen for packets that wake PCs."""
        self._wake_port = await self._cards.start()

    async def stop(self) -> None:
        """End what of the server runs."""
        self._cards.stop()
        self._running.close()

    def write_variables(self, folder: Path, ca: Path) -> None:
        """Tell the operator's inventory where the server is."""
        content = {
            "nightshift_imaging_servers": {
                self._spec.server: {"engine": "clonezilla", "clonezilla": {"root": str(self._root)}}
            },
            "nightshift_lab_wake": {"network": NETWORK, "port": self._wake_port},
        }
        text = yaml.safe_dump(content, sort_keys=False)
        path = folder / "group_vars" / "all" / "imaging.yml"
        path.write_text(f"---\n# Written by the lab; the next start replaces it.\n{text}", encoding="utf-8")

    def routes(self) -> list[web.RouteDef]:
        """Return what the lab's control door has besides: what is armed, and which images there are."""
        return [web.get("/imaging", self._show)]

    async def _show(self, request: web.Request) -> web.Response:
        images = sorted(path.name for path in self.network.server.tree.images.iterdir())
        return web.json_response({"armed": self.network.armed(), "images": images})
