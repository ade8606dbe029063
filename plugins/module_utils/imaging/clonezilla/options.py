# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine ``clonezilla`` is told, as suboptions of the modules, and the engines made of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine import EngineError
from .capture import ClonezillaCapture
from .commands import Commands
from .engine import ClonezillaEngine
from .jobs import Jobs
from .layout import Layout
from .room import Server, Wishes

OPTIONS: dict[str, dict[str, Any]] = {
    "interface": {"type": "str"},
    "disk_bytes": {"type": "int"},
    "timeout": {"type": "int", "default": 3600},
    "root": {"type": "path", "default": "/"},
}


def clonezilla_engine(options: Mapping[str, Any]) -> ClonezillaEngine:
    """Make the engine. Raises EngineError where it would not be root on a server: looking would then leave traces."""
    return ClonezillaEngine(_server(options))


def clonezilla_capture(options: Mapping[str, Any]) -> ClonezillaCapture:
    """Make the engine that captures. Raises EngineError as the other one does."""
    return ClonezillaCapture(_server(options))


def _server(options: Mapping[str, Any]) -> Server:
    layout = Layout(Path(options["root"]))
    if layout.root == Path("/") and os.geteuid() != 0:
        raise EngineError("clonezilla: this is not root; set become for the task, on the DRBL server")
    wishes = Wishes(options.get("interface") or None, options.get("disk_bytes"))
    return Server(layout, Commands(layout, float(options["timeout"])), Jobs(layout), wishes)
