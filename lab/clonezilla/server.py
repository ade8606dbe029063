# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A DRBL server of the stand-in: its folder is made, its programs are put there, and whatever runs is ended at last."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .menus import grub_default, pxelinux_default
from .pc import DrblPc
from .tree import PORT, Tree

_REPOSITORY = Path(__file__).resolve().parents[2]
_PROGRAM = """#!{python} -IS
import sys
sys.path.insert(0, {repository!r})
from lab.clonezilla.{module} import main
sys.exit(main())
"""
# The machine's own processes, those of this server only.
_PS = """#!/bin/sh
/bin/ps "$@" | grep -F -- ' {root}/'
exit 0
"""
_SS = """#!/bin/sh
cat '{root}/nfs'
exit 0
"""
_DF = """#!/bin/sh
[ -e '{root}/free' ] || exec /bin/df "$@"
echo Avail
cat '{root}/free'
"""
_CONNECTION = """0      0      [::ffff:10.77.0.1]:2049 [::ffff:{address}]:712
\t cubic wscale:7,7 rto:204 rtt:0.5/0.2 mss:1448 bytes_sent:{sent} bytes_acked:{sent} bytes_received:4096 segs_out:9
"""
_HOST = """host {name} {{
  hardware ethernet {mac};
  fixed-address {address};
}}
"""


@dataclass(frozen=True, slots=True)
class Pc:
    """A PC of the building."""

    name: str
    mac: str
    address: str


@dataclass
class DrblServer:
    """The server. ``faults``: what it does wrong, kept in its folder for its programs."""

    tree: Tree
    pcs: Sequence[Pc]
    _faults: dict[str, object] = field(default_factory=dict)

    def pc(self, name: str, *, uefi: bool = False) -> DrblPc:
        """Return a PC to boot."""
        found = next(pc for pc in self.pcs if pc.name == name)
        return DrblPc(self.tree, found.address, found.mac, uefi)

    def fault(self, name: str, value: object) -> None:
        """Have the programs do something wrong, or no more where ``value`` is None."""
        self._faults[name] = value
        (self.tree.root / "faults.json").write_text(json.dumps(self._faults))

    def sent(self, number: int, size: int | None) -> None:
        """Let the sender of partition ``number``, from 0, get as far as ``size`` bytes, or to its end."""
        self.tree.stream.mkdir(exist_ok=True)
        new = self.tree.stream / "new"
        new.write_text("end" if size is None else str(size))
        new.replace(self.tree.stream / str(PORT + 2 * number))

    def sent_by_nfs(self, sent: dict[str, int]) -> None:
        """Have the machine tell what PCs have got by NFS: bytes by address."""
        told = "".join(_CONNECTION.format(address=address, sent=count) for address, count in sent.items())
        (self.tree.root / "nfs").write_text(told)

    def free(self, size: int) -> None:
        """Have the machine tell that the disk with the images has ``size`` bytes left."""
        (self.tree.root / "free").write_text(f"{size}\n")

    def add_image(self, name: str, parts: dict[str, int], disk: str = "sda", suffix: str = "zst") -> Path:
        """Put an image there: the size of each partition's file, of a disk of a gigabyte."""
        folder = self.tree.images / name
        folder.mkdir(parents=True)
        (folder / "disk").write_text(f"{disk}\n")
        (folder / "parts").write_text(" ".join(parts) + "\n")
        (folder / f"{disk}-pt.parted").write_text(
            f"Model: ATA (scsi)\nDisk /dev/{disk}: 2097152s\nSector size (logical/physical): 512B/512B\n"
        )
        for part, size in parts.items():
            (folder / f"{part}.ntfs-ptcl-img.{suffix}.aa").write_bytes(b"\0" * size)
        return folder

    def stop(self) -> None:
        """End whatever of it still runs."""
        for name in ("drbl-ocs", "ocsmgrd", "udp-sender"):
            self.tree.kill_all(name)


@contextmanager
def drbl_server(root: Path, pcs: Sequence[Pc], drbl_mode: str = "full_drbl_mode") -> Iterator[DrblServer]:
    """Make a server in ``root``, and leave nothing of it running."""
    tree = Tree(root)
    for folder in (
        tree.pxelinux, tree.grub, tree.images, tree.logs, tree.dhcpd_conf.parent, root / "etc/drbl", root / "usr/bin",
        root / "usr/sbin", root / "usr/share/drbl/bin", root / "var/lock",
    ):  # fmt: skip
        folder.mkdir(parents=True)
    tree.dhcpd_conf.write_text("".join(_HOST.format(name=pc.name, mac=pc.mac, address=pc.address) for pc in pcs))
    for pc in pcs:
        (root / "tftpboot/nodes" / pc.address / "etc").mkdir(parents=True)
    (root / "etc/drbl/drbl.conf").write_text('DRBL_SCRIPT_PATH="/usr/share/drbl"\nocsroot="/home/partimag"\n')
    (root / "etc/drbl/drbl-ocs.conf").write_text(
        'MULTICAST_PORT="2232"\nudp_sender_extra_opt_default=""\nocs_client_trig_type="both"\n'
    )
    (root / "etc/drbl/drbl_deploy.conf").write_text(
        f'drbl_mode="{drbl_mode}"\nclonezilla_mode="full_clonezilla_mode"\n'
    )
    (tree.pxelinux / "default").write_text(pxelinux_default())
    (tree.grub / "grub.cfg").write_text(grub_default())
    for name, module in (
        ("usr/sbin/drbl-ocs", "drbl_ocs"),
        ("usr/sbin/dcs", "dcs"),
        ("usr/sbin/ocsmgrd", "ocsmgrd"),
        ("usr/sbin/udp-sender", "udp_sender"),
        ("usr/sbin/get-client-ip-list", "get_client_ip_list"),
        ("usr/sbin/ocs-chkimg", "ocs_chkimg"),
    ):
        text = _PROGRAM.format(python=sys.executable, repository=str(_REPOSITORY), module=module)
        _install(root / name, text)
    _install(root / "usr/bin/ps", _PS.format(root=root))
    _install(root / "usr/bin/ss", _SS.format(root=root))
    _install(root / "usr/bin/df", _DF.format(root=root))
    server = DrblServer(tree, pcs)
    server.sent_by_nfs({})
    try:
        yield server
    finally:
        server.stop()


def _install(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
