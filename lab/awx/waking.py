# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A PC that starts and has the task of win_wake_call: it calls what the real one calls, from its own address."""

from __future__ import annotations

import ssl
from http.client import HTTPSConnection
from urllib.parse import urlencode, urlsplit


def wake(url: str, key: str, address: str, trust: ssl.SSLContext) -> int:
    """Call from ``address`` and return the status of the answer. Raises OSError when nobody answers."""
    parts = urlsplit(url)
    connection = HTTPSConnection(
        str(parts.hostname), parts.port, timeout=60, source_address=(address, 0), context=trust
    )
    try:
        body = urlencode({"host_config_key": key})
        connection.request("POST", parts.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        return connection.getresponse().status
    finally:
        connection.close()
