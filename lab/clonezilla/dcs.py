# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program dcs of the stand-in: has PCs boot from their disks."""

from __future__ import annotations

import subprocess
import sys

from .deploy import LOCAL, Menus
from .tree import here


def main() -> int:
    """Run the program: ``dcs [-l LANGUAGE] {-nl | -h ADDRESSES} local``."""
    tree, words = here(), sys.argv[1:]
    hosts: list[str] | None = None
    asked = True
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word == "-h":
            hosts, asked = words.pop(0).split(), False
        elif word == "-nl":
            asked = False
        elif word == "-l":
            words.pop(0)
        else:
            print(f"dcs: {word}: invalid option", file=sys.stderr)
            return 2
    if asked or words != ["local"]:
        sys.stdin.read()  # a dialog: all clients, or which?
        return 1
    menus = Menus(tree, hosts)
    if tree.lock.exists():
        # The real one quotes the addresses twice here, so that its own drbl-ocs refuses them.
        quoted = ["-h", f'"{" ".join(hosts)}"'] if hosts is not None else []
        subprocess.run([tree.program("drbl-ocs"), "-n", *quoted, "-l", "en_US.UTF-8", "stop"], check=False)
    menus.choose(LOCAL)
    menus.deploy()
    return 0
