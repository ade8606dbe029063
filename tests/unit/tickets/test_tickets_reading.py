# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nightshift_tickets: what it may say, and what is said of mistakes in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.destination import Login, SmtpAccess
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.reading import TicketsError, read_destination
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tickets.systems.webhook import filled

RT = {"backend": "rt", "url": "https://rt.example.org", "token": "the-token"}
MAIL = {"backend": "smtp", "url": "smtp://mail.example.org", "from": "a@example.org", "to": "b@example.org"}


def wrong(variable: Any) -> str:
    with pytest.raises(TicketsError) as caught:
        read_destination(variable, "group_vars/all.yml")
    return str(caught.value)


def test_what_is_not_said_is_safe() -> None:
    found = read_destination(RT, "group_vars/all.yml")
    assert (found.name, found.verify, found.group_above, found.timeout) == ("rt", True, 5, timedelta(seconds=15))
    mail = read_destination(MAIL, "group_vars/all.yml")
    assert mail.access == SmtpAccess("mail.example.org", 587, "starttls", "a@example.org", ("b@example.org",))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"backend": "rtt"}, "backend: 'rtt' is not a ticket system; use smtp, rt, servicenow, glpi or webhook"),
        ({"queu": "x"}, "queu: is no option of backend rt; use backend, ca, closed, fields"),
        ({"url": "rt.example.org"}, "url: 'rt.example.org' cannot be used; use one like https://tickets.example.org"),
        ({"url": "https://me:pass-word@rt.example.org"}, "url: holds a login; give user and password as options"),
        ({"url": "http://rt.example.org"}, "url: 'http://rt.example.org' would send secrets and evidence unencrypted"),
        ({"url": None}, "url: is missing; use one like https://tickets.example.org"),
        ({"token": None}, "token: is missing; give a token, or user and password, from a vault"),
        ({"group_above": "many"}, "group_above: 'many' is not such a number; use a whole number from 0 to 1000000"),
        ({"timeout": 0}, "timeout: 0 is not such a number; use a whole number from 1 to 300"),
        ({"verify": "no"}, "verify: 'no' is not true or false; use true or false"),
        ({"closed": "resolved"}, "closed: 'resolved' is not a list; use one like [resolved, rejected, deleted]"),
        ({"fields": [1]}, "fields: [1] is not a mapping; write name: value below it"),
    ],
)
def test_a_mistake_is_told_with_place_value_and_remedy(change: dict[str, Any], line: str) -> None:
    said = wrong({**RT, **change})
    assert said.startswith(f"group_vars/all.yml: nightshift_tickets.{line}"), said
    assert "\n" not in said


def test_all_mistakes_are_told_at_once_and_no_secret_with_them() -> None:
    said = wrong({**RT, "token": ["s3cret"], "password": {"a": "s3cret"}, "timeout": -1, "url": "https://u:s3cret@x"})
    assert len(said.splitlines()) == 4
    assert "s3cret" not in said


def test_a_secret_shows_in_no_representation() -> None:
    found = read_destination({**RT, "password": "s3cret", "user": "me"}, "x")
    hook = read_destination(
        {"backend": "webhook", "url": "https://h.example.org", "secret": "s3cret", "headers": {"X-Key": "s3cret"}}, "x"
    )
    glpi = read_destination({**RT, "backend": "glpi", "app_token": "s3cret"}, "x")
    assert "s3cret" not in repr(found) + repr(hook) + repr(glpi) + repr(Login(password="s3cret"))
    assert "the-token" not in repr(found)


def test_what_ansible_keeps_in_a_vault_is_opened() -> None:
    class Vaulted:  # as AnsibleVaultEncryptedUnicode: no str, but str() opens it
        def __str__(self) -> str:
            return "opened"

    assert read_destination({**RT, "token": Vaulted()}, "x").login.token == "opened"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"title": "${nobody}"}, "body.title: '${nobody}' is not a field; use event, key, message"),
        ({"costs": ["5 $"]}, "body.costs[0]: '5 $' is not a template; write a dollar sign that is meant as one as $$"),
    ],
)
def test_a_template_of_a_webhook_is_checked_before_it_is_needed(body: Any, line: str) -> None:
    said = wrong({"backend": "webhook", "url": "https://h.example.org", "body": body})
    assert said.startswith(f"group_vars/all.yml: nightshift_tickets.{line}"), said


def test_a_value_never_breaks_out_of_its_place_in_a_template() -> None:
    values = {"subject": 'x", "admin": true, "y": "', "evidence": {"a": [1]}}
    template = {"title": "T: ${subject}", "data": "${evidence}", "fixed": 3, "price": "$$5"}
    assert filled(template, values) == {
        "title": 'T: x", "admin": true, "y": "',
        "data": {"a": [1]},
        "fixed": 3,
        "price": "$5",
    }
