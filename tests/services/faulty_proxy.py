# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A TCP proxy on loopback that breaks connections where it is told to, as networks and servers do."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

WRITES = (b"POST", b"PUT ", b"PATC")
_SECONDS = 20.0


class Fault(Enum):
    """What happens to a request that changes something (HTTP), or to a mail (SMTP)."""

    CUT_BEFORE = "the connection breaks before the request reaches the server"
    CUT_AFTER = "the server did it, the connection breaks before its answer"
    CUT_MIDDLE = "the server did it, the connection breaks in the middle of its answer"
    ERROR_BEFORE = "500, and the server never saw the request"
    ERROR_AFTER = "the server did it, and the answer is 500"
    GARBAGE = "the server did it, and the answer is a login page"
    SLOW = "the server did it, and answers after the client has given up"
    LATE = "the server gets the request after the client has given up"
    KILL_BEFORE = "the sender is killed before the request reaches the server"
    KILL_AFTER = "the server did it, and the sender is killed before the answer"


class FaultyProxy:
    """Relays to ``upstream``; each write takes the next of ``faults``, None for none."""

    def __init__(self, upstream: int, patience: float = 0.0) -> None:
        """``patience``: how many seconds longer than the client SLOW and LATE wait."""
        self.upstream = upstream
        self.faults: list[Fault | None] = []
        self.met: list[Fault] = []
        self.victim = 0
        self.patience = patience
        self.idle = threading.Event()
        self.idle.set()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _one(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(_SECONDS)
            ready, _, _ = select.select([client], [], [], 0.5)
            if ready:
                self._http(client)
            else:
                self._smtp(client)  # a mail client waits for the server's greeting

    def _http(self, client: socket.socket) -> None:
        request = _request(client)
        fault = self._next() if request[:4] in WRITES else None
        if fault is None:
            client.sendall(self._ask(request))
        elif fault is Fault.CUT_BEFORE:
            return
        elif fault is Fault.ERROR_BEFORE:
            client.sendall(_ERROR)
        elif fault is Fault.KILL_BEFORE:
            os.kill(self.victim, signal.SIGKILL)
        elif fault is Fault.LATE:
            self.idle.clear()
            threading.Timer(self.patience, self._late, [request]).start()
            _wait_for_end(client)
        else:
            answer = self._ask(request)
            if fault is Fault.KILL_AFTER:
                os.kill(self.victim, signal.SIGKILL)
            elif fault is Fault.CUT_MIDDLE:
                client.sendall(answer[: len(answer) - 10])
            elif fault is Fault.ERROR_AFTER:
                client.sendall(_ERROR)
            elif fault is Fault.GARBAGE:
                client.sendall(_LOGIN_PAGE)
            elif fault is Fault.SLOW:
                _wait_for_end(client)

    def _late(self, request: bytes) -> None:
        try:
            self._ask(request)
        finally:
            self.idle.set()

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=_SECONDS) as server:
            server.sendall(request)
            answer = b""
            while piece := server.recv(65536):
                answer += piece
            return answer

    def _smtp(self, client: socket.socket) -> None:
        fault = self._next()
        if fault is Fault.CUT_BEFORE:
            return
        with socket.create_connection(("127.0.0.1", self.upstream), timeout=_SECONDS) as server:
            sent = b""
            while True:
                ready, _, _ = select.select([client, server], [], [], _SECONDS)
                if not ready:
                    return
                if server in ready:
                    piece = server.recv(65536)
                    if not piece:
                        return
                    if fault is not None and sent.endswith(b"\r\n.\r\n"):
                        if fault is Fault.KILL_AFTER:
                            os.kill(self.victim, signal.SIGKILL)
                        if fault is Fault.SLOW:
                            _wait_for_end(client)
                        return
                    client.sendall(piece)
                if client in ready:
                    piece = client.recv(65536)
                    if not piece:
                        return
                    sent = (sent + piece)[-200_000:]
                    if fault is Fault.CUT_MIDDLE and b"\r\nMessage-ID" in sent:
                        return  # in the middle of the mail
                    if fault is Fault.KILL_BEFORE and sent.endswith(b"\r\n.\r\n"):
                        os.kill(self.victim, signal.SIGKILL)
                        return
                    server.sendall(piece)

    def _next(self) -> Fault | None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            self.met.append(fault)
        return fault


def _request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body


def _wait_for_end(client: socket.socket) -> None:
    while client.recv(65536):
        pass


def _answer(status: bytes, kind: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, kind, len(body)) + body


_ERROR = _answer(b"500 Internal Server Error", b"text/plain", b"out of luck")
_LOGIN_PAGE = _answer(b"200 OK", b"text/html", b"<html><form>please log in</form></html>")


@contextmanager
def faulty_proxy(upstream: int, patience: float = 0.0) -> Iterator[FaultyProxy]:
    """Run a proxy in front of a port of loopback."""
    proxy = FaultyProxy(upstream, patience)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(5)
