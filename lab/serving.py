# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Serves an aiohttp application beside the program that wants it, in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

_PATIENCE = 10.0  # real seconds for a start and for an end


@contextmanager
def serving(
    make: Callable[[], web.BaseRunner], context: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Serve what ``make`` returns until the block is left; yield the port (of ``port`` 0 a free one).

    ``make`` is called inside the loop that serves: a ``web.Server`` cannot be made outside of one.
    """
    loop = asyncio.new_event_loop()
    made: list[web.BaseRunner] = []

    async def begin() -> int:
        runner = make()
        made.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, address, port, ssl_context=context)
        await site.start()
        bound: int = runner.addresses[0][1]
        return bound

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(begin(), loop).result(_PATIENCE)
    finally:
        for runner in made:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()
