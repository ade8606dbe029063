# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A system with the real DRBL and Clonezilla SE of Debian's packages: what the server runs, and what its PCs boot."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.imaging import userland
from tests.imaging.folders import CannotBuild, built
from tests.imaging.needs import program

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    *(
        "drbl",
        "clonezilla",
        "udpcast",
        "partclone",
        "partimage",
        "pigz",
        "zstd",
        "parted",
        "fdisk",
        "gdisk",
        "file",
        "bc",
    ),
    *("net-tools", "iproute2", "procps", "psmisc", "perl", "python3", "kmod", "udev", "netcat-openbsd", "iputils-ping"),
    *(
        "syslinux-common",
        "pxelinux",
        "busybox-static",
        "dmidecode",
        "hdparm",
        "pciutils",
        "less",
        "dosfstools",
        "ntfs-3g",
    ),
)
MODULES = (*userland.MODULES, "loop", "squashfs", "overlay", "fuse", "virtiofs")
HERE = Path(__file__).parent
SCRIPTS = ("client_init.sh", "client_system.sh", "leased.sh")
_NOT_FOR_PCS = ("tftpboot", "var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_PXE = "tftpboot/nbi_img"


def base() -> Path:
    """Return the folder ``root``: a Debian with the packages, made in a minute. Raises CannotBuild."""
    name = hashlib.sha256(" ".join((SUITE, *PACKAGES)).encode()).hexdigest()[:16]
    return built(f"debian-{name}", _debootstrap) / "root"


def system() -> Path:
    """Return a folder with ``boot`` (what becomes the server's /tftpboot) and ``system.squashfs`` (what PCs fetch)."""
    digest = hashlib.sha256(str(base()).encode())
    for file in (*(HERE / name for name in SCRIPTS), Path(__file__)):
        digest.update(file.read_bytes())
    return built(f"system-{digest.hexdigest()[:16]}", _make_system)


def _debootstrap(folder: Path) -> None:
    root = folder / "root"
    made = subprocess.run(
        [program("debootstrap"), "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root), MIRROR],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode:
        last = [line for line in made.stdout.splitlines() if line.strip()][-1:]
        raise CannotBuild(f"debootstrap could not make a Debian: {' '.join(last)}")


def _make_system(folder: Path) -> None:
    root = base()
    pxe = folder / "boot/nbi_img"
    (pxe / "pxelinux.cfg").mkdir(parents=True)
    (pxe / "grub").mkdir()
    shutil.copy(root / "usr/lib/PXELINUX/pxelinux.0", pxe)
    shutil.copytree(root / "usr/lib/syslinux/modules/bios", pxe / "bios")
    shutil.copy(root / "usr/lib/syslinux/modules/bios/ldlinux.c32", pxe)
    shutil.copy(userland.vmlinuz(), pxe / "vmlinuz-pxe")
    _make_initrd(pxe / "initrd-pxe.img", folder / "initrd")
    excluded = [word for name in _NOT_FOR_PCS for word in ("-e", name)]
    squashed = folder / "system.squashfs"
    subprocess.run(
        [program("mksquashfs"), str(root), str(squashed), "-comp", "lz4", "-no-progress", "-quiet", *excluded],
        check=True,
        capture_output=True,
    )


def _make_initrd(to: Path, root: Path) -> None:
    for name in ("bin", "dev", "proc", "sys", "modules", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(program("busybox"), root / "bin/busybox")
    for name in MODULES:
        shutil.copy(userland.module(name), root / "modules")
    (root / "modules/order").write_text("".join(f"{name}\n" for name in MODULES), encoding="ascii")
    for name, at in (("client_init.sh", "init"), ("leased.sh", "bin/leased"), ("client_system.sh", "client_system.sh")):
        shutil.copy(HERE / name, root / at)
        (root / at).chmod(0o755)
    userland.pack(root, to)
    shutil.rmtree(root)
