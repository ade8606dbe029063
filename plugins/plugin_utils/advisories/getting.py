# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Get a document, from a file or over the network, and never more of it than allowed.

TLS is verified; proxies are those of the environment (``https_proxy`` ...); a redirect from https to http is refused.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit

from ansible.module_utils.urls import ConnectionError as UrlsError
from ansible.module_utils.urls import open_url

from .limits import Limits
from .parts import plain, shown
from .problem import AdvisoryError

_CHUNK = 64 * 1024
_ACCEPT = "application/json, application/xml;q=0.9, text/xml;q=0.9"


class NoSuchDocument(AdvisoryError):
    """There is nothing at that address (404, 410), or no such file."""


@dataclass(frozen=True, slots=True)
class Got:
    """A document as it came. ``etag`` and ``last_modified``: how its server names this state of it."""

    content: bytes
    etag: str = ""
    last_modified: str = ""

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Way:
    """How documents are got. ``timeout``: seconds for an answer, and for all of it; ``ca_path``: PEM file of CAs.

    ``accept``: the media types that are asked for, as in HTTP's Accept.
    """

    limits: Limits = field(default_factory=Limits)
    timeout: int = 60
    ca_path: str | None = None
    accept: str = _ACCEPT


def is_address(source: str) -> bool:
    """Tell whether a source is an address on the network rather than a file."""
    return "://" in source


def shown_source(source: str) -> str:
    """Return a source as it may be shown and stored: without a password, its query as a digest; a file by its path."""
    if not is_address(source):
        return str(Path(source).expanduser().absolute())
    try:
        parts = urlsplit(source)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that cannot be read"
    query = hashlib.sha256(parts.query.encode("utf-8", "replace")).hexdigest()[:8] if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query and f"[{query}]", ""))


def get(source: str, way: Way, etag: str = "", last_modified: str = "") -> Got | None:
    """Return the document at ``source``; None when it is still in the state that ``etag``, ``last_modified`` name.

    Raises AdvisoryError: it cannot be had, or is larger than ``way.limits`` allow; NoSuchDocument: there is none.
    """
    if is_address(source):
        return _download(source, way, etag, last_modified)
    return Got(_read_file(Path(source).expanduser(), way.limits))


def _read_file(path: Path, limits: Limits) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe must not make us wait
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise AdvisoryError("it is no file")
            _check_size(found.st_size, limits)
            content = file.read(limits.size + 1)
    except FileNotFoundError:
        raise NoSuchDocument("there is no such file") from None
    except (OSError, ValueError) as trouble:  # ValueError: a path with a NUL in it
        raise AdvisoryError(f"it cannot be read: {getattr(trouble, 'strerror', trouble)}") from None
    _check_size(len(content), limits)
    return content


def _download(url: str, way: Way, etag: str, last_modified: str) -> Got | None:
    try:
        scheme = urlsplit(url).scheme.lower()
    except ValueError:
        scheme = ""
    if scheme not in ("https", "http"):
        raise AdvisoryError("it is no address that can be read; use https://, http:// or the path of a file")
    if way.ca_path is not None and not Path(way.ca_path).is_file():
        raise AdvisoryError(f"ca_path: {shown(way.ca_path)} is no file; name a PEM file of CA certificates")
    headers = {"Accept": way.accept, "Accept-Encoding": "gzip", "Cache-Control": "no-cache"}
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    try:
        response = open_url(
            url,
            headers=headers,
            timeout=way.timeout,
            ca_path=way.ca_path,
            http_agent="nightshift.fleet",
            follow_redirects="safe",
            decompress=False,  # its size is bounded where it is unpacked
        )
        with response:
            if scheme == "https" and not response.geturl().lower().startswith("https:"):
                raise AdvisoryError("it sends us on from https to an address that is not protected")
            content = _body(response, way)
            return Got(content, _header(response, "ETag"), _header(response, "Last-Modified"))
    except HTTPError as answer:
        answer.close()
        if answer.code == 304 and (etag or last_modified):
            return None
        if answer.code in (404, 410):
            raise NoSuchDocument(f"there is nothing at this address (HTTP {answer.code})") from None
        raise AdvisoryError(f"its server answers HTTP {answer.code} {plain(str(answer.reason))}".rstrip()) from None
    except (OSError, HTTPException, UrlsError, ValueError) as trouble:
        reason = getattr(trouble, "reason", trouble)
        raise AdvisoryError(f"it cannot be read: {plain(str(reason)) or type(trouble).__name__}") from None


def _body(response: Any, way: Way) -> bytes:
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit():
        _check_size(int(length[:20]), way.limits)
    ends, content = time.monotonic() + way.timeout, bytearray()
    while chunk := response.read1(_CHUNK):  # what has come, however little: a server that drips does not hold us
        content += chunk
        _check_size(len(content), way.limits)
        if time.monotonic() > ends:
            raise AdvisoryError(f"its server did not send all of it within {way.timeout} s")
    if length.isascii() and length.isdigit() and len(content) != int(length[:20]):
        raise AdvisoryError("the connection ended before all of it had come")
    return bytes(content)


def _header(response: Any, name: str) -> str:
    found = plain(response.headers.get(name, "") or "")
    return found if len(found) <= 200 and found.isascii() else ""


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.size:
        raise AdvisoryError(f"it is larger than the {limits.megabytes} MB allowed")
