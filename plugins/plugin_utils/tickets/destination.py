# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where tickets go, as ``nightshift_tickets`` says it: checked, typed, secrets never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are there. A token wins over user and password; all empty: nobody asks."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """``tls``: starttls, implicit or none. Comments are replies to the first mail."""

    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestTrackerAccess:
    """``closed``: statuses that mean closed; ``resolve_as``: the one that we set."""

    queue: str
    requestor: str
    fields: Mapping[str, object]
    closed: tuple[str, ...]
    resolve_as: str


@dataclass(frozen=True, slots=True)
class ServiceNowAccess:
    """The Table API: ``table``, values of its field ``state``, and what closing asks for."""

    table: str
    fields: Mapping[str, object]
    closed: tuple[str, ...]
    resolve_as: str
    close_code: str


@dataclass(frozen=True, slots=True)
class GlpiAccess:
    """``entity`` and ``category`` are GLPI's numbers; ``closed``: statuses (5 solved, 6 closed)."""

    app_token: str = field(repr=False)
    entity: int | None
    category: int | None
    fields: Mapping[str, object]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebhookAccess:
    """``secret`` signs; ``body`` is the template (None: all fields); ``id_field``, ``url_field``: in the answer."""

    secret: str = field(repr=False)
    body: object
    headers: Mapping[str, str] = field(repr=False)
    id_field: str
    url_field: str


Access = SmtpAccess | RequestTrackerAccess | ServiceNowAccess | GlpiAccess | WebhookAccess


@dataclass(frozen=True, slots=True)
class Destination:
    """One ticket system and how much it is told.

    ``name``: how the ledger remembers it, stays when the address changes. ``group_above``: an update that fails on
    more devices than this has one ticket for all. ``timeout``: of one request.
    """

    name: str
    url: str
    login: Login
    access: Access
    group_above: int = 5
    timeout: timedelta = timedelta(seconds=15)
    verify: bool = True
    ca: str = ""
