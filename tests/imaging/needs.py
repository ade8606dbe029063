# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rooms need of this machine, and the words for a machine that lacks it; ``python -m`` prints these."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "dnsmasq": "dnsmasq-base",
    "udp-sender": "udpcast",
    "udp-receiver": "udpcast",
    "partclone.ext4": "partclone",
    "busybox": "busybox-static",
    "zstd": "zstd",
    "ip": "iproute2",
    "debugfs": "e2fsprogs",
    "mke2fs": "e2fsprogs",
    "setpriv": "util-linux",
    "nsenter": "util-linux",
}
FOR_CLONEZILLA = {"debootstrap": "debootstrap", "mksquashfs": "squashfs-tools"}
_TRIAL = "PATH=$PATH:/usr/sbin:/sbin; ip link add br0 type bridge; ip tuntap add tap1 mode tap"
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def program(name: str) -> str:
    """Return the path of a program, also of one that is only on root's path. Raises FileNotFoundError."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN)))
    if found is None:
        raise FileNotFoundError(f"{name} is not here")
    return found


def missing(*, clonezilla: bool = False) -> str:
    """Say why no room can be run here; empty when one can. ``clonezilla``: also with the real Clonezilla."""
    if platform.machine() != "x86_64":
        return f"the emulated PCs take their kernel and programs from this machine: x86_64, not {platform.machine()}"
    if os.geteuid() != 0:
        return "only root can make the room's network"
    if not Path("/dev/net/tun").exists():
        return "there is no /dev/net/tun here"
    absent = set()
    for name, package in (PROGRAMS | (FOR_CLONEZILLA if clonezilla else {})).items():
        try:
            program(name)
        except FileNotFoundError:
            absent.add(package)
    if not Path("/usr/lib/ipxe/qemu/pxe-virtio.rom").exists():
        absent.add("ipxe-qemu")
    if shutil.which("apt-get") is None:
        return "the kernel of the emulated PCs comes from Debian's packages, and there is no apt-get here"
    if absent:
        what = "imaging clonezilla" if clonezilla else "imaging"
        return f"not installed: {' '.join(sorted(absent))}; scripts/services {what} installs them (Debian, root)"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-ec", _TRIAL],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return f"this machine has no network for a room: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


if __name__ == "__main__":
    print(missing(), end="")
