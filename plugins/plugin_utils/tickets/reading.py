# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read ``nightshift_tickets``: every mistake at once, one line each, and no secret in any of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from string import Template
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..policy.problems import shown
from ..tasks.fault import OperatorError
from .destination import (
    Access,
    Destination,
    GlpiAccess,
    Login,
    RequestTrackerAccess,
    ServiceNowAccess,
    SmtpAccess,
    WebhookAccess,
)
from .systems.webhook import FIELDS

VARIABLE = "nightshift_tickets"
BACKENDS = ("smtp", "rt", "servicenow", "glpi", "webhook")
_SECRETS = ("password", "token", "app_token", "secret", "headers")
_COMMON = ("backend", "name", "url", "group_above", "timeout", "verify", "ca")
_OWN = {
    "smtp": ("from", "to", "user", "password", "tls"),
    "rt": ("queue", "user", "password", "token", "requestor", "fields", "closed", "resolve_as"),
    "servicenow": ("table", "user", "password", "token", "fields", "closed", "resolve_as", "close_code"),
    "glpi": ("user", "password", "token", "app_token", "entity", "category", "fields", "closed"),
    "webhook": ("secret", "body", "headers", "id_field", "url_field"),
}
_PORTS = {"none": 25, "starttls": 587, "implicit": 465}


class TicketsError(OperatorError, ValueError):
    """``nightshift_tickets`` cannot be used; ``str`` has one line for each mistake: place, value, remedy."""


def read_destination(raw: object, origin: str) -> Destination:
    """Return the destination that ``raw`` describes. ``origin``: the file or group that says so.

    Raises TicketsError.
    """
    return _Reader(origin).read(raw)


class _Reader:
    """Reads one variable and gathers what is wrong with it."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._lines: list[str] = []
        self._raw: Mapping[str, Any] = {}

    def read(self, raw: object) -> Destination:
        if not isinstance(raw, Mapping):
            self._wrong("", shown(raw), "is not a mapping", "write backend:, url: and what the backend needs below it")
            raise self._error()
        self._raw = {str(key): _native(value) for key, value in raw.items() if value is not None}
        backend = self._raw.get("backend")
        if backend not in BACKENDS:
            what = ("is not a ticket system" if backend is not None else "is missing", f"use {_listed(BACKENDS)}")
            self._wrong("backend", "" if backend is None else shown(backend), *what)
            raise self._error()
        backend = "".join(str(backend))
        known = (*_COMMON, *_OWN[backend])
        for key in self._raw:
            if key not in known:
                self._wrong(key, "", f"is no option of backend {backend}", f"use {_listed(sorted(known))}")
        url = self._url(backend)
        access = getattr(self, f"_{backend}")(url)
        destination = Destination(
            name=self._text("name", backend),
            url="" if url is None else url.geturl(),
            login=Login(self._text("user"), self._text("password"), self._text("token")),
            access=access,
            group_above=self._number("group_above", 5),
            timeout=timedelta(seconds=self._number("timeout", 15, least=1, most=300)),
            verify=self._flag("verify", True),
            ca=self._text("ca"),
        )
        if len(destination.name) > 200:
            self._wrong("name", shown(destination.name), "is too long", "use at most 200 characters")
        if self._lines:
            raise self._error()
        return destination

    def _smtp(self, url: SplitResult | None) -> Access:
        implicit = url is not None and url.scheme == "smtps"
        tls = "implicit" if implicit else self._choice("tls", "starttls", ("starttls", "none"))
        to = self._raw.get("to", ())
        addresses = [to] if isinstance(to, str) else list(to) if isinstance(to, (list, tuple)) else [to]
        if not addresses:
            self._wrong("to", "", "is missing", "give one address or a list of them")
        for address in addresses:
            self._address("to", address)
        sender = self._raw.get("from")
        if sender is None:
            self._wrong("from", "", "is missing", "give the address that mails come from")
        else:
            self._address("from", sender)
        port = url.port if url is not None and url.port else _PORTS[tls]
        host = (url.hostname or "") if url is not None else ""
        return SmtpAccess(host, port, tls, _plain(sender), tuple(_plain(address) for address in addresses))

    def _rt(self, url: SplitResult | None) -> Access:
        self._login()
        return RequestTrackerAccess(
            queue=self._text("queue", "General"),
            requestor=self._text("requestor"),
            fields=self._mapping("fields"),
            closed=self._words("closed", ("resolved", "rejected", "deleted")),
            resolve_as=self._text("resolve_as", "resolved"),
        )

    def _servicenow(self, url: SplitResult | None) -> Access:
        self._login()
        table = self._text("table", "incident")
        if not table.replace("_", "").isalnum():
            self._wrong("table", shown(table), "is not the name of a table", "use one such as incident")
        return ServiceNowAccess(
            table=table,
            fields=self._mapping("fields"),
            closed=self._words("closed", ("6", "7", "8")),
            resolve_as=self._text("resolve_as", "6"),
            close_code=self._text("close_code", "Resolved by caller"),
        )

    def _glpi(self, url: SplitResult | None) -> Access:
        self._login()
        return GlpiAccess(
            app_token=self._text("app_token"),
            entity=self._number("entity", 0) if "entity" in self._raw else None,
            category=self._number("category", 0) if "category" in self._raw else None,
            fields=self._mapping("fields"),
            closed=self._words("closed", ("5", "6")),
        )

    def _webhook(self, url: SplitResult | None) -> Access:
        body = _native(self._raw.get("body"))
        for place, text in _texts(body, "body"):
            template = Template(text)
            if not template.is_valid():
                self._wrong(place, shown(text), "is not a template", "write a dollar sign that is meant as one as $$")
            for name in template.get_identifiers() if template.is_valid() else ():
                if name not in FIELDS:
                    self._wrong(place, shown(f"${{{name}}}"), "is not a field", f"use {_listed(FIELDS)}")
        return WebhookAccess(
            secret=self._text("secret"),
            body=body,
            headers={key: str(value) for key, value in self._mapping("headers").items()},
            id_field=self._text("id_field", "id"),
            url_field=self._text("url_field", "url"),
        )

    def _login(self) -> None:
        if not self._raw.get("token") and not (self._raw.get("user") and self._raw.get("password")):
            self._wrong("token", "", "is missing", "give a token, or user and password, from a vault")

    def _url(self, backend: str) -> SplitResult | None:
        raw = self._raw.get("url")
        schemes = ("smtp", "smtps") if backend == "smtp" else ("https", "http")
        example = f"{schemes[0]}://tickets.example.org"
        if raw is None:
            self._wrong("url", "", "is missing", f"use one like {example}")
            return None
        try:
            url = urlsplit(_plain(raw))
            usable = url.scheme in schemes and bool(url.hostname) and (url.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            self._wrong("url", shown(_without_login(_plain(raw))), "cannot be used", f"use one like {example}")
            return None
        if url.username or url.password:
            self._wrong("url", "", "holds a login", "give user and password as options of their own")
        elif url.scheme == "http" and not _is_here(url.hostname or ""):
            self._wrong("url", shown(_plain(raw)), "would send secrets and evidence unencrypted", "use https")
        return url

    def _text(self, key: str, default: str = "") -> str:
        raw = self._raw.get(key, default)
        if isinstance(raw, bool) or not isinstance(raw, (str, int)):
            value = "" if key in _SECRETS else shown(raw)
            self._wrong(key, value, "is not a text", "write it in quotes")
            return default
        return _plain(raw)

    def _number(self, key: str, default: int, least: int = 0, most: int = 1_000_000) -> int:
        raw = self._raw.get(key, default)
        try:
            number = int(raw) if not isinstance(raw, bool) else -1
        except (TypeError, ValueError):
            number = -1
        if not least <= number <= most:
            self._wrong(key, shown(raw), "is not such a number", f"use a whole number from {least} to {most}")
            return default
        return number

    def _flag(self, key: str, default: bool) -> bool:
        raw = self._raw.get(key, default)
        if not isinstance(raw, bool):
            self._wrong(key, shown(raw), "is not true or false", "use true or false")
            return default
        return raw

    def _choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        raw = self._raw.get(key, default)
        if raw not in choices:
            self._wrong(key, shown(raw), "is not known", f"use {_listed(choices)}")
            return default
        return _plain(raw)

    def _words(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        raw = self._raw.get(key, default)
        if not isinstance(raw, (list, tuple)) or not raw:
            self._wrong(key, shown(raw), "is not a list", f"use one like [{', '.join(default)}]")
            return default
        return tuple(_plain(item) for item in raw)

    def _mapping(self, key: str) -> dict[str, object]:
        raw = self._raw.get(key, {})
        if not isinstance(raw, Mapping):
            self._wrong(key, "" if key in _SECRETS else shown(raw), "is not a mapping", "write name: value below it")
            return {}
        tree = _native(raw)
        return tree if isinstance(tree, dict) else {}

    def _address(self, key: str, raw: object) -> None:
        text = raw if isinstance(raw, str) else ""
        name, at, domain = text.rpartition("@")
        if not (name and at and domain) or any(character.isspace() or character in "<>," for character in text):
            self._wrong(key, shown(raw), "is not a mail address", "use one like helpdesk@example.org")

    def _wrong(self, key: str, value: str, fault: str, remedy: str) -> None:
        place = f"{self._origin}: {VARIABLE}{'.' + key if key else ''}"
        self._lines.append(" ".join(f"{place}: {value} {fault}; {remedy}".split()))

    def _error(self) -> TicketsError:
        return TicketsError("\n".join(dict.fromkeys(self._lines)))


def _texts(value: object, place: str) -> list[tuple[str, str]]:
    """Return every text in a structure, with its place."""
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, Mapping):
        return [found for key, item in value.items() for found in _texts(item, f"{place}.{key}")]
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in _texts(item, f"{place}[{number}]")]
    return []


def _native(value: object) -> Any:
    """Return a value in Python's own types; what Ansible keeps encrypted is opened."""
    if isinstance(value, Mapping):
        return {_plain(key): _native(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else _plain(value)


def _plain(value: object) -> str:
    """Return a text of its own: Ansible's texts carry tags."""
    return "".join(str(value))


def _without_login(url: str) -> str:
    scheme, marks, rest = url.partition("://")
    return f"{scheme}{marks}{rest.rpartition('@')[2]}"


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
