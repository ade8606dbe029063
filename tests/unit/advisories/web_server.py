# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web server on loopback, plain or with TLS from an authority of its own, that serves what a test puts into it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.tls import LabAuthority, ServerIdentity

Handler = BaseHTTPRequestHandler


@dataclass
class Shelf:
    """What lies at each path: bytes, or a function that answers by itself. ``asked``: the headers of each request."""

    address: str = ""
    items: dict[str, bytes | Callable[[Handler], None]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, item: bytes | Callable[[Handler], None], **headers: str) -> str:
        """Lay something at ``path`` and return its address. ``headers``: ETag=..."""
        self.items[path] = item
        self.headers[path] = {name.replace("_", "-"): value for name, value in headers.items()}
        return f"{self.address}{path}"


class QuietServer(ThreadingHTTPServer):
    """A server that does not complain of clients that go away."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_server(folder: Path | None = None) -> Iterator[Shelf]:
    """Serve; with ``folder``, over TLS: the authority's certificate is ``ca.pem`` there."""
    shelf = Shelf()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shelf.asked.append((self.path, dict(self.headers)))
            item = shelf.items.get(self.path)
            if item is None:
                self.send_error(404)
                return
            if callable(item):
                item(self)
                return
            known = shelf.headers[self.path]
            same = known.get("ETag") and self.headers.get("If-None-Match") == known["ETag"]
            self.send_response(304 if same else 200)
            for name, value in known.items():
                self.send_header(name, value)
            if not same:
                self.send_header("Content-Length", str(len(item)))
            self.end_headers()
            if not same:
                self.wfile.write(item)

        def log_request(self, *_: object) -> None:
            """Say nothing."""

        log_error = log_request

    server = QuietServer(("127.0.0.1", 0), Answers)
    scheme = "http"
    if folder is not None:
        now = datetime.now(UTC)
        authority = LabAuthority.in_folder(folder, now)
        context: ssl.SSLContext = authority.server_context(
            ServerIdentity("localhost", ["localhost"], ["127.0.0.1"]), now
        )
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    shelf.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def dripping(total: int, pause: float) -> Callable[[Handler], None]:
    """Answer one byte at a time."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(total))
        handler.end_headers()
        try:
            for _ in range(total):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    return answer


def redirect(target: str) -> Callable[[Handler], None]:
    """Answer that it is elsewhere."""

    def answer(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.end_headers()

    return answer


def status(code: int) -> Callable[[Handler], None]:
    """Answer with an error."""
    return lambda handler: handler.send_error(code)


def cut_off(content: bytes, at: int) -> Callable[[Handler], None]:
    """Promise all of ``content`` and break off."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:at])

    return answer


def endless(handler: Handler) -> None:
    """Send for ever, without a length."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        pass
