# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network of a room inside its cell: a switch, a port for each PC, DHCP, files by TFTP and HTTP."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.imaging.cell import Cell
from tests.imaging.needs import program

SERVER = "10.77.0.1"
SWITCH = "br0"
HTTP = f"http://{SERVER}:8080"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a PC sits: its name, its card, its address, and the port of the switch."""

    name: str
    mac: str
    address: str
    port: str


def places(room: str, count: int) -> tuple[Place, ...]:
    """Return the places of a room with up to 9 PCs."""
    return tuple(
        Place(f"{room}-PC{n:02}", f"52:54:00:77:00:{n:02x}", f"10.77.0.{79 + n}", f"tap{n}")
        for n in range(1, count + 1)
    )


def wire(cell: Cell, seats: Sequence[Place]) -> None:
    """Make the switch and its ports. Nothing of it is connected with this machine's own network."""
    steps = [
        f"link add {SWITCH} type bridge mcast_snooping 0",
        f"address add {SERVER}/24 dev {SWITCH}",
        f"address add fd77::1/64 dev {SWITCH} nodad",
        "link set lo up",
        f"link set {SWITCH} up",
        f"route add 224.0.0.0/4 dev {SWITCH}",
    ]
    for place in seats:
        steps += [f"tuntap add {place.port} mode tap", f"link set {place.port} master {SWITCH} up"]
    for step in steps:
        cell.run([program("ip"), *step.split()])


def serve(cell: Cell, seats: Sequence[Place], files: Path, *, boot: str, tftp: Path | None = None) -> None:
    """Start DHCP, and HTTP over ``files``. ``boot``: what PCs load first; by TFTP from the folder ``tftp``."""
    config = files.parent / "dnsmasq.conf"
    config.write_text(
        "\n".join(
            (
                "port=0",
                f"interface={SWITCH}",
                "bind-interfaces",
                "log-dhcp",
                "log-facility=-",
                f"dhcp-leasefile={files.parent / 'leases'}",
                "dhcp-range=10.77.0.0,static,255.255.255.0,1h",
                *(f"dhcp-host={place.mac},{place.address},{place.name}" for place in seats),
                "dhcp-match=set:ipxe,175",
                "enable-ra",  # without it, the network card's boot program waits 12 s for a router
                "dhcp-range=fd77::,ra-only",
                f"dhcp-boot=tag:ipxe,{boot}",
                *(("enable-tftp", f"tftp-root={tftp}") if tftp else ()),
                "",
            )
        ),
        encoding="ascii",
    )
    cell.start("dnsmasq", [program("dnsmasq"), "--keep-in-foreground", "--user=root", f"--conf-file={config}"])
    cell.start("http", [sys.executable, "-m", "http.server", "8080", "--bind", SERVER, "--directory", str(files)])
