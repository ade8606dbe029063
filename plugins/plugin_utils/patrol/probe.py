# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which devices answer: one concurrent TCP probe for the whole fleet.

A device that is switched off costs one short timeout, shared with hundreds of
others, instead of a connection timeout and a worker of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device listens."""

    name: str
    address: str
    port: int


def probe(targets: Iterable[Target], timeout: float = 2.0, concurrency: int = 512) -> Mapping[str, str]:
    """Connect to every target once and hang up.

    Returns by device name "" when it answers, else why not, in words.
    ``timeout`` is in seconds and for each target; ``concurrency`` bounds the open sockets.
    """
    return asyncio.run(_probe_all(list(targets), timeout, concurrency))


async def _probe_all(targets: list[Target], timeout: float, concurrency: int) -> Mapping[str, str]:
    gate = asyncio.Semaphore(concurrency)
    answers = await asyncio.gather(*(_probe_one(target, timeout, gate) for target in targets))
    return dict(zip((target.name for target in targets), answers, strict=True))


async def _probe_one(target: Target, timeout: float, gate: asyncio.Semaphore) -> str:
    async with gate:
        try:
            async with asyncio.timeout(timeout):
                _reader, writer = await asyncio.open_connection(target.address, target.port)
        except TimeoutError:
            return f"no answer from {target.address}:{target.port} within {timeout:g} s"
        except OSError as problem:
            return f"{target.address}:{target.port}: {problem.strerror or problem}"
        writer.close()
        return ""
