# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's AWX for this scenario: ``awx_server.py FOLDER ADDRESS PORT``, until it is ended or half an hour is over."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from lab.awx.seed import add_user, fresh
from lab.awx.server import serving
from lab.tls import LabAuthority, ServerIdentity

PEOPLE = ("olga", "anna", "rita")
MOST = 1800.0  # seconds


def main(folder: Path, address: str, port: int) -> None:
    """Serve an AWX that knows three people and nothing of ours; ``ready`` in the folder has its process id."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(folder / "ca", now)
    context = authority.server_context(ServerIdentity("awx", ("localhost",), (address,)), now)
    playbooks = sorted(path.name for path in Path("playbooks").glob("*.yml"))
    server = fresh([f"playbooks/{name}" for name in playbooks])
    for name in PEOPLE:
        add_user(server.store, name, f"{name}-password")
    with serving(server, context, address, port):
        (folder / "ready").write_text(f"{os.getpid()}\n", encoding="ascii")
        signal.sigtimedwait(ends, MOST)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
