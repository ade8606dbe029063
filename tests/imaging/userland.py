# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the small emulated PC boots: Debian's kernel, and a memory disk of Debian's programs, built when needed."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from tests.imaging.folders import CannotBuild, built
from tests.imaging.needs import program

KERNEL_PACKAGE = "linux-image-cloud-amd64"
PROGRAMS = ("udp-receiver", "partclone.ext4", "zstd")
# In this order: each needs only those before it. They are modules in Debian's kernel; ext4 and multicast are built in.
MODULES = (
    *("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk"),
    *("failover", "net_failover", "virtio_net"),
)
INIT = Path(__file__).parent / "seat_init.sh"
LOADED_LATE = "libgcc_s.so.1"  # pthread_exit asks for it, and ldd does not tell


def kernel() -> Path:
    """Return a folder with ``boot/vmlinuz-*`` and ``lib/modules``. Raises CannotBuild."""
    return built("kernel-1", _get_kernel)


def vmlinuz() -> Path:
    """Return the kernel itself."""
    return next((kernel() / "boot").glob("vmlinuz-*"))


def initrd() -> Path:
    """Return the compressed memory disk, made anew when a program or the script of the PC is another one."""
    digest = hashlib.sha256(INIT.read_bytes())
    for file in (*map(Path, map(program, ("busybox", *PROGRAMS))), *_libraries(), vmlinuz()):
        digest.update(f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}\n".encode())
    return built(f"initrd-{digest.hexdigest()[:16]}", _make_initrd) / "initrd.gz"


def module(name: str) -> Path:
    """Return the file of a kernel module."""
    return next((kernel() / "lib/modules").rglob(f"{name}.ko"))


def shared_libraries(file: Path) -> list[Path]:
    """Return the libraries that a program is linked with."""
    said = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=True).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", said)]


def pack(root: Path, to: Path) -> None:
    """Write a folder as a compressed memory disk, as the kernel takes it."""
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    archive = subprocess.run(
        [program("busybox"), "cpio", "-o", "-H", "newc"],
        input=names.encode(),
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout
    with to.open("wb") as file:
        subprocess.run(["gzip", "-1", "-n"], input=archive, stdout=file, check=True)


def _get_kernel(folder: Path) -> None:
    why = _download(folder)
    if why:  # lists of packages may be missing or old
        subprocess.run(["apt-get", "update"], capture_output=True, check=False)
        why = _download(folder)
    if why:
        raise CannotBuild(f"{KERNEL_PACKAGE} cannot be had: {why}")
    package = next(folder.glob("*.deb"))
    subprocess.run(["dpkg", "-x", str(package), str(folder)], check=True)
    package.unlink()


def _download(folder: Path) -> str:
    """Get the package of the newest kernel; say why not, "" when it is there."""
    asked = subprocess.run(["apt-cache", "depends", KERNEL_PACKAGE], capture_output=True, text=True, check=False)
    found = re.search(r"Depends: (linux-image-\S+)", asked.stdout)
    if found is None:
        return "apt does not know it"
    command = ["apt-get", "-o", "APT::Sandbox::User=root", "download", found[1]]
    got = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return got.stderr.strip().splitlines()[-1] if got.returncode else ""


def _libraries() -> list[Path]:
    libraries = {library for name in PROGRAMS for library in shared_libraries(Path(program(name)))}
    return [*sorted(libraries), next(Path("/lib").glob(f"*/{LOADED_LATE}"))]


def _make_initrd(folder: Path) -> None:
    root = folder / "root"
    for name in ("bin", "dev", "proc", "sys", "modules", "tmp"):
        (root / name).mkdir(parents=True)
    shutil.copy(program("busybox"), root / "bin/busybox")
    for name in PROGRAMS:
        shutil.copy(program(name), root / "bin" / name)
    for file in _libraries():
        to = root / str(file).lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, to)
    for name in MODULES:
        shutil.copy(module(name), root / "modules")
    (root / "modules/order").write_text("".join(f"{name}\n" for name in MODULES), encoding="ascii")
    shutil.copy(INIT, root / "init")
    (root / "init").chmod(0o755)
    pack(root, folder / "initrd.gz")
    shutil.rmtree(root)
