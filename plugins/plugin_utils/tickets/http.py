# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTP request and what became of it: answered, refused, certainly not sent, or nobody knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError, SSLError

from .destination import Destination
from .faults import Refused, Uncertain, Unreachable

MOST_BYTES = 4 * 1024 * 1024
_TIMES = 3  # how many timeouts a whole request may take
_NOT_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)
_EVERYBODY = (401, 403, 407, 429)
Authorise = Callable[[requests.PreparedRequest], requests.PreparedRequest]


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx. ``body``: its JSON, None when there is none."""

    status: int
    body: Any


class Door:
    """The way to one server. Redirects are not followed: a moved service is a thing to configure."""

    def __init__(self, destination: Destination, authorise: Authorise | None = None) -> None:
        """Make no connection yet. Raises Unreachable for a CA file that cannot be read."""
        if destination.ca and not Path(destination.ca).is_file():
            raise Unreachable(f"the file of certificate authorities {destination.ca} cannot be read")
        self._base = destination.url.rstrip("/")
        self._seconds = destination.timeout.total_seconds()
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(max_retries=0))
        self._session.mount("https://", HTTPAdapter(max_retries=0))
        # Given with each request: what a session has, the environment's REQUESTS_CA_BUNDLE would replace.
        self._verify = (destination.ca or True) if destination.verify else False
        self._session.auth = authorise or _nobody  # never the operator's .netrc
        self._session.headers["User-Agent"] = "nightshift.fleet"
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Connection"] = "close"  # a kept connection may be gone when it is used next

    def get(
        self, path: str, parameters: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Read something: whatever goes wrong, nothing was changed."""
        try:
            return self._within_time("GET", path, None, parameters, headers)
        except Uncertain as broken:
            raise Unreachable(str(broken)) from broken

    def send(self, method: str, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Change something; ``body`` is JSON, or bytes that are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._within_time(method, path, data, None, {"Content-Type": "application/json", **(headers or {})})

    def end(self) -> None:
        """Close what is open."""
        self._session.close()

    def _within_time(
        self,
        method: str,
        path: str,
        data: bytes | None,
        parameters: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        """Ask in a thread that is left behind when it takes too long: a server that drips must not hold a patrol.

        The timeout of requests counts between two bytes, not from the first to the last.
        """
        became: Queue[Answer | BaseException] = Queue()

        def ask() -> None:
            try:
                became.put(self._ask(method, path, data, parameters, headers))
            except BaseException as fault:  # handed to the caller's thread
                became.put(fault)

        Thread(target=ask, daemon=True, name=f"nightshift {method}").start()
        try:
            found = became.get(timeout=_TIMES * self._seconds)
        except Empty:
            raise Uncertain(f"{method} {self._base}: the answer is too slow") from None
        if isinstance(found, BaseException):
            raise found
        return found

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes | None,
        parameters: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        url = f"{self._base}/{path}" if path else self._base
        try:
            with self._session.request(
                method,
                url,
                data=data,
                params=parameters,
                headers=headers,
                timeout=self._seconds,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(response, url)
        except requests.RequestException as broken:
            where = f"{method} {url}"
            if _was_not_sent(broken):
                raise Unreachable(f"{where}: {_words(broken)}") from None
            raise Uncertain(f"{where}: {_words(broken)}") from None

    def _read(self, response: requests.Response, url: str) -> Answer:
        text = self._text(response, url)
        status = response.status_code
        if 200 <= status < 300:
            return Answer(status, _json(text, url))
        said = f"{url} answers {status} {response.reason}: {' '.join(text.split())[:200]}".rstrip(": ")
        if status >= 500:
            raise Uncertain(said)  # also 503: proxies say it about requests that arrived
        raise Refused(said, system_wide=status in _EVERYBODY)

    def _text(self, response: requests.Response, url: str) -> str:
        """Read the body, at most so much."""
        read = bytearray()
        for piece in response.iter_content(64 * 1024):
            read += piece
            if len(read) > MOST_BYTES:
                raise Uncertain(f"{url}: the answer is too long")
        return read.decode("utf-8", "replace")


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def header(name: str, value: str) -> Authorise:
    """Return what puts a header on each request."""

    def put(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[name] = value
        return request

    return put


def _json(text: str, url: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise Uncertain(f"{url}: the answer is no JSON: {' '.join(text.split())[:100]}") from None


def _was_not_sent(broken: requests.RequestException) -> bool:
    if isinstance(broken, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return True
    cause = broken.args[0] if broken.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, _NOT_SENT) or (
        isinstance(reason, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)
    )


def _words(broken: requests.RequestException) -> str:
    cause = broken.args[0] if broken.args else broken
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return " ".join(f"{type(reason).__name__}: {reason}".split())[:300]
