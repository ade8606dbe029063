# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The five ticket systems seen alike: how a run is told of them, and what a person finds in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.services import request_tracker as rt
from tests.services.mail_server import Mailbox, mail_server
from tests.services.stand_ins import PASSWORD, SECRET, TOKEN, USER, GlpiServer, Listener, ServiceNowInstance, serving

OPEN, CLOSED = "open", "closed"
_KEY = re.compile(r"\[(ns-[0-9a-f]+)\]")


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as a person sees it. ``notes``: what was added after it was made."""

    number: str
    subject: str
    text: str
    state: str
    notes: tuple[str, ...] = field(default=())


class World(Protocol):
    """One ticket system."""

    port: int
    readable: bool  # whether it can be asked what it has

    def variable(self, port: int) -> dict[str, Any]:
        """What nightshift_tickets says of it, reached through ``port``."""

    def tickets(self) -> list[Seen]:
        """All tickets since the test began."""

    def close(self, number: str) -> None:
        """Do as a person who closes a ticket."""


class MailWorld:
    """Threads of mails are its tickets."""

    readable = False

    def __init__(self, mailbox: Mailbox, port: int) -> None:
        self.mailbox, self.port = mailbox, port

    def variable(self, port: int) -> dict[str, Any]:
        return {
            "backend": "smtp",
            "url": f"smtp://127.0.0.1:{port}",
            "tls": "none",
            "from": "nightshift@example.org",
            "to": ["helpdesk@example.org"],
        }

    def tickets(self) -> list[Seen]:
        threads: dict[str, list[Any]] = {}
        for mail in self.mailbox.mails:
            threads.setdefault(mail["In-Reply-To"] or mail["Message-ID"], []).append(mail)
        return [
            Seen(
                name,
                mails[0]["Subject"],
                _text(mails[0]),
                CLOSED if mails[-1]["X-Nightshift-Event"] == "close" else OPEN,
                tuple(_text(mail) for mail in mails[1:]),
            )
            for name, mails in threads.items()
        ]

    def close(self, number: str) -> None:
        raise NotImplementedError("nobody closes a mail")


def _text(mail: Any) -> str:
    return str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")


class RequestTrackerWorld:
    """A real one. ``since``: tickets up to this number belong to other tests."""

    readable = True

    def __init__(self, tracker: rt.RequestTracker) -> None:
        self.tracker = tracker
        self.port = urlsplit(tracker.url).port or 0
        self.since = max((int(one["id"]) for one in tracker.tickets("ns-")), default=0)

    def variable(self, port: int) -> dict[str, Any]:
        return {
            "backend": "rt",
            "url": f"http://127.0.0.1:{port}",
            "queue": "General",
            "user": rt.USER,
            "password": rt.PASSWORD,
        }

    def tickets(self) -> list[Seen]:
        return [
            Seen(
                one["id"],
                one["Subject"],
                texts[0],
                CLOSED if one["Status"] in ("resolved", "rejected", "deleted") else OPEN,
                tuple(texts[1:]),
            )
            for one in self.tracker.tickets("ns-")
            if int(one["id"]) > self.since and (texts := self.tracker.texts(one["id"]))
        ]

    def close(self, number: str) -> None:
        self.tracker.set_status(number, "resolved")


class ServiceNowWorld:
    """A stand-in for an instance."""

    readable = True

    def __init__(self, instance: ServiceNowInstance, port: int) -> None:
        self.instance, self.port = instance, port

    def variable(self, port: int) -> dict[str, Any]:
        return {
            "backend": "servicenow",
            "url": f"http://127.0.0.1:{port}",
            "user": USER,
            "password": PASSWORD,
            "fields": {"assignment_group": "clients"},
        }

    def tickets(self) -> list[Seen]:
        return [
            Seen(
                one["sys_id"],
                one["short_description"],
                one["description"],
                CLOSED if one["state"] in ("6", "7", "8") else OPEN,
                (
                    *(note["value"] for note in self.instance.journal if note["element_id"] == one["sys_id"]),
                    *([one["close_notes"]] if "close_notes" in one else []),
                ),
            )
            for one in self.instance.records
        ]

    def close(self, number: str) -> None:
        next(one for one in self.instance.records if one["sys_id"] == number)["state"] = "7"


class GlpiWorld:
    """A stand-in for a GLPI."""

    readable = True

    def __init__(self, server: GlpiServer, port: int) -> None:
        self.server, self.port = server, port

    def variable(self, port: int) -> dict[str, Any]:
        return {
            "backend": "glpi",
            "url": f"http://127.0.0.1:{port}",
            "token": TOKEN,
            "app_token": "app-token",
            "entity": 0,
        }

    def tickets(self) -> list[Seen]:
        return [
            Seen(
                str(one["id"]),
                one["name"],
                one["content"],
                CLOSED if one["status"] in (5, 6) else OPEN,
                tuple(note["content"] for note in self.server.notes if note["items_id"] == one["id"]),
            )
            for one in self.server.tickets
        ]

    def close(self, number: str) -> None:
        next(one for one in self.server.tickets if one["id"] == int(number))["status"] = 6


class WebhookWorld:
    """A listener that keeps letters by case."""

    readable = False

    def __init__(self, listener: Listener, port: int) -> None:
        self.listener, self.port = listener, port

    def variable(self, port: int) -> dict[str, Any]:
        return {
            "backend": "webhook",
            "url": f"http://127.0.0.1:{port}/hook",
            "secret": SECRET,
            "id_field": "ticket.id",
            "url_field": "ticket.link",
        }

    def tickets(self) -> list[Seen]:
        cases: dict[str, list[dict[str, Any]]] = {}
        for letter in self.listener.letters.values():
            cases.setdefault(letter["key"], []).append(letter)
        return [
            Seen(
                key,
                f"{letters[0]['subject']} [{key}]",
                letters[0]["text"],
                CLOSED if letters[-1]["event"] == "close" else OPEN,
                tuple(letter["text"] for letter in letters[1:]),
            )
            for key, letters in cases.items()
        ]

    def close(self, number: str) -> None:
        raise NotImplementedError("a listener tells nobody")


def key_of(seen: Seen) -> str:
    """The case's key in a ticket's subject."""
    found = _KEY.search(seen.subject)
    assert found is not None, seen.subject
    return found[1]


@contextmanager
def world_of(kind: str, tracker: rt.RequestTracker | None = None) -> Iterator[World]:
    """An empty ticket system of one kind."""
    if kind == "smtp":
        with mail_server() as (mailbox, port):
            yield MailWorld(mailbox, port)
    elif kind == "rt":
        assert tracker is not None
        yield RequestTrackerWorld(tracker)
    elif kind == "servicenow":
        instance = ServiceNowInstance()
        with serving(instance) as port:
            yield ServiceNowWorld(instance, port)
    elif kind == "glpi":
        server = GlpiServer()
        with serving(server) as port:
            yield GlpiWorld(server, port)
    else:
        listener = Listener()
        with serving(listener) as port:
            yield WebhookWorld(listener, port)
