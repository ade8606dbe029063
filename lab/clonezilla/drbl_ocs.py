# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program drbl-ocs of the stand-in: starts and stops Clonezilla for all PCs, or for those after -h."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import NoReturn

from .deploy import CLONEZILLA, DRBL, LOCAL, Menus
from .tree import PORT, Tree, here

_WITH_VALUE = {"-l", "-g", "-e1", "-p", "--clients-to-wait", "--max-time-to-wait", "--time-to-wait", "--mcast-iface"}
_FOR_CLIENTS = {"-b": "--batch", "-e2": "-e2", "-r": "-r", "-j2": "--clone-hidden-data", "-nogui": "--nogui"}
_FOR_CLIENTS |= {"-q2": "--use-partclone", "-scs": "-scs", "-z9p": "-z9p"}
_BARE = {"-x", "-n", *_FOR_CLIENTS}
_ADDRESSES = re.compile(r"^\s*(\d+\.){3}\d+(\s|$)")


@dataclass
class Arguments:
    """The command line. ``clients``: what of it the PCs are told."""

    values: dict[str, str] = field(default_factory=dict)
    hosts: list[str] | None = None
    clients: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def main() -> int:
    """Run the program."""
    tree = here()
    given = _arguments(sys.argv[1:])
    kind = given.rest[0] if given.rest else ""
    if kind == "startdisk":
        return _start(tree, given)
    if kind == "stop":
        return _stop(tree, given)
    print("Usage: drbl-ocs [OPTION] {startdisk|stop} {save|restore|multicast_restore} [IMAGE] [DEVICE]")
    return 1


def _arguments(words: list[str]) -> Arguments:
    given, rest = Arguments(), list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "-h":
            if not _ADDRESSES.match(rest[0]):
                _leave(f'"{rest[0]}" is not a suitable IP_LIST!!! Program terminated!!!')
            given.hosts = rest.pop(0).split()
        elif word in _WITH_VALUE:
            given.values[word] = rest.pop(0)
            if word in ("-g", "-e1", "-p", "--max-time-to-wait"):
                given.clients += [word, given.values[word]]
        elif word in _BARE:
            given.values[word] = ""
            given.clients += [_FOR_CLIENTS[word]] if word in _FOR_CLIENTS else []
        else:
            print(f"{sys.argv[0]}: {word}: invalid option", file=sys.stderr)
            sys.exit(2)
    given.rest = rest
    return given


def _start(tree: Tree, given: Arguments) -> int:
    task, image, disk = (*given.rest[1:], "", "", "")[:3]
    multicast = task == "multicast_restore"
    if not image or not disk or (multicast and not {"--clients-to-wait", "--max-time-to-wait"} & given.values.keys()):
        _dialog("Choose the image file to restore")
    menus = Menus(tree, given.hosts)
    if given.hosts is None:
        menus.clean()
    folder = tree.images / image
    if tree.fault("image_vanishes"):
        folder.rename(tree.images / "elsewhere")
    if task != "save" and (folder / "corrupt").exists():
        _leave("The image of this partition is broken. Program stopped!")
    print(f"start_ocs_service -t {task}disk -o {image} {disk}")
    if tree.lock.exists():
        print("Your system is already in clonezilla mode... we will stop it first if necessary, then start it again...")
        _stop_service(tree, given)
    orders = ["-l", "en_US.UTF-8", *given.clients, "-scr"]
    if multicast:
        orders += ["--mcast-port", str(PORT)]
    orders += [f"{task}disk", tree.fault("wrong_image") or image, disk]
    for address in _of(tree, given):
        print(f"Starting the OCS service for node IP add. = {address}")
        node = tree.root / "tftpboot/nodes" / address / "etc"
        if node.is_dir():
            (node / "ocs").mkdir(exist_ok=True)
            (node / "ocs/ocs-run.param").write_text(" ".join(orders) + "\n")
        menus.give(" ".join(orders))
    way = "multicast" if multicast else "unicast"
    what = f"save disk {disk} as image {image}" if task == "save" else f"{way} restore {image} to disk {disk}"
    menus.choose(CLONEZILLA, f"Clonezilla: {what} ")
    menus.deploy()
    if seconds := tree.fault("slow"):
        time.sleep(float(seconds))
    tree.lock.parent.mkdir(parents=True, exist_ok=True)
    tree.lock.touch()
    _listen(tree)
    if multicast and not folder.is_dir():
        _leave(f"No target partitions were found from image {image}!\nProgram terminated!!!")  # and all stays armed
    if multicast and not tree.fault("no_sender"):
        _feed(tree, given, image)
    menus.deploy()
    _faulty_arming(tree, menus)
    print("Now you can turn on the client machines!")
    return 0


def _stop(tree: Tree, given: Arguments) -> int:
    if tree.fault("stop_fails"):
        return 1
    menus = Menus(tree, given.hosts)
    if given.hosts is None:
        menus.clean()
    _stop_service(tree, given)
    menus.choose(LOCAL if tree.setting("drbl_deploy.conf", "drbl_mode") == "none" else DRBL)
    menus.take()
    menus.deploy()
    return 0


def _stop_service(tree: Tree, given: Arguments) -> None:
    if not tree.lock.exists():
        print("OCS is not running!")
        return
    for name in ("drbl-ocs", "ocsmgrd", "udp-sender"):
        tree.kill_all(name)
    tree.lock.unlink()
    for address in _of(tree, given):
        print(f"Stop OCS mode for node {address}, no matter it's in OCS mode or not.")
        (tree.root / "tftpboot/nodes" / address / "etc/ocs/ocs-run.param").unlink(missing_ok=True)


def _of(tree: Tree, given: Arguments) -> list[str]:
    """Return the PCs that are meant: DRBL takes each address of its table as a pattern for the words after -h."""
    if given.hosts is None:
        return tree.addresses()
    return [one for one in tree.addresses() if re.search(rf"(?<!\w){one}(?!\w)", " ".join(given.hosts))]


def _listen(tree: Tree) -> None:
    tree.kill_all("ocsmgrd")
    tree.logs.mkdir(parents=True, exist_ok=True)
    command = f"'{tree.program('ocsmgrd')}' 2>&1 | tee -a '{tree.logs / 'ocsmgrd-notify.log'}'"
    (tree.root / "ocsmgrd.port").unlink(missing_ok=True)
    subprocess.Popen(["nohup", "sh", "-c", command])
    for _look in range(500):
        if (tree.root / "ocsmgrd.port").exists():
            break
        time.sleep(0.01)
    print(f"Client jobs are logged in {tree.job_log}")


def _feed(tree: Tree, given: Arguments, image: str) -> None:
    """Send one partition after the other, in the background: one sender each, two ports further each time."""
    if os.fork():
        return
    tree.stream.mkdir(exist_ok=True)
    (tree.stream / "image").write_text(image)
    parts = (tree.images / image / "parts").read_text().split()
    for number, _part in enumerate(parts):
        wait = given.values["--max-time-to-wait"] if number == 0 else "30"
        words = tree.setting("drbl-ocs.conf", "udp_sender_extra_opt_default").split()
        words += ["--full-duplex"] if "-x" in given.values else []
        words += ["--min-clients", given.values["--clients-to-wait"], "--max-wait", wait]
        words += ["--interface", given.values.get("--mcast-iface", "eth1"), "--nokbd"]
        words += ["--mcast-all-addr", "224.0.0.1", "--portbase", str(PORT + 2 * number), "--ttl", "1"]
        subprocess.run([tree.program("udp-sender"), *words], stderr=subprocess.DEVNULL, check=False)
    os._exit(0)


def _faulty_arming(tree: Tree, menus: Menus) -> None:
    """Arm another PC, or one PC less, where a test asks for it."""
    if more := tree.fault("arm_more"):
        (tree.pxelinux / more).write_text(menus.pxe.path.read_text())
    if less := tree.fault("leave_out"):
        for path in (tree.pxelinux / less[0], tree.grub / less[1]):
            path.unlink()


def _dialog(question: str) -> NoReturn:
    """Ask, as the real one does even with -b: it waits as long as somebody could answer."""
    print(question)
    while sys.stdin.readline():
        continue
    _leave("You must input the file name! Program terminated!!!")


def _leave(message: str) -> NoReturn:
    print(message)
    sys.exit(1)
