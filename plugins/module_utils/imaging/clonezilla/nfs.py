# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much the server has sent to each PC by NFS: the only sign of how far a PC is that fetches its image by itself.

Linux counts it for each connection, and ``ss`` tells. A PC without a disk has its own system by the same connection,
which is counted too, so that what follows is an estimate.
"""

from __future__ import annotations

import re

from .commands import Commands

_PORT = ":2049"
_PEER = re.compile(r"(\d+\.\d+\.\d+\.\d+)\]?:\d+$")
_SENT = re.compile(r"\bbytes_acked:(\d+)")


def sent_by_nfs(commands: Commands) -> dict[str, int]:
    """Return the bytes that each address has got by its present connections; none where ss is not there."""
    if commands.found("ss") is None:
        return {}
    ran = commands.run(["ss", "-H", "-t", "-i", "-n", "state", "established", "sport", "=", _PORT])
    found: dict[str, int] = {}
    peer = ""
    for line in ran.output.splitlines() if ran.code == 0 else ():
        if not line[:1].isspace():
            named = _PEER.search(line.rstrip())
            peer = named[1] if named else ""
        elif peer and (sent := _SENT.search(line)):
            found[peer] = found.get(peer, 0) + int(sent[1])
    return found
