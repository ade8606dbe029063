# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engines that there are. A new one: a folder beside ``fog``, one entry here, its options in the modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .clonezilla.options import OPTIONS as CLONEZILLA_OPTIONS
from .clonezilla.options import clonezilla_capture, clonezilla_engine
from .engine import CaptureEngine, Engine
from .fog.options import OPTIONS as FOG_OPTIONS
from .fog.options import fog_capture, fog_engine


@dataclass(frozen=True, slots=True)
class EngineKind:
    """One engine. ``options``: the argument spec of its suboptions, which stand under its name in the module.

    ``build`` makes an engine of the options that a person gave, ``capture`` the one that reads a disk into an image;
    None where the engine cannot. Both raise EngineError.
    """

    options: Mapping[str, Mapping[str, Any]]
    build: Callable[[Mapping[str, Any]], Engine]
    capture: Callable[[Mapping[str, Any]], CaptureEngine] | None = None


ENGINES: Mapping[str, EngineKind] = {
    "fog": EngineKind(FOG_OPTIONS, fog_engine, fog_capture),
    "clonezilla": EngineKind(CLONEZILLA_OPTIONS, clonezilla_engine, clonezilla_capture),
}
