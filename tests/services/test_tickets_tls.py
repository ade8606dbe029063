# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket goes to a server that proves who it is, and to no other."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.tls import LabAuthority, ServerIdentity
from tests.services.mail_server import mail_server
from tests.services.stand_ins import ServiceNowInstance, serving
from tests.services.ticket_scenes import Scene
from tests.services.ticket_worlds import MailWorld, ServiceNowWorld, World

WAYS = ("https", "starttls", "smtps")


@contextmanager
def encrypted(way: str, tls: ssl.SSLContext) -> Iterator[tuple[World, dict[str, Any]]]:
    """A ticket system that speaks TLS, and what nightshift_tickets says of it."""
    if way == "https":
        instance = ServiceNowInstance()
        with serving(instance, tls) as port:
            world: World = ServiceNowWorld(instance, port)
            yield world, {**world.variable(port), "url": f"https://127.0.0.1:{port}"}
        return
    with mail_server(tls, implicit=way == "smtps") as (mailbox, port):
        world = MailWorld(mailbox, port)
        if way == "starttls":
            yield world, {**world.variable(port), "tls": "starttls"}
        else:
            yield world, {**world.variable(port), "tls": None, "url": f"smtps://127.0.0.1:{port}"}


@pytest.fixture
def authority(folder: Path, monkeypatch: pytest.MonkeyPatch) -> LabAuthority:
    """One that no operating system trusts; the environment names others, as it does in many companies."""
    others = LabAuthority.in_folder(folder / "others", datetime.now(UTC))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others.certificate_path))
    return LabAuthority.in_folder(folder / "authority", datetime.now(UTC))


def certified(authority: LabAuthority, address: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's certificate for ``address``."""
    return authority.server_context(ServerIdentity("tickets", addresses=[address]), datetime.now(UTC))


@pytest.mark.parametrize("way", WAYS)
def test_a_server_whose_authority_is_named_gets_the_ticket(way: str, scene: Scene, authority: LabAuthority) -> None:
    scene.fails("pc-001")
    with encrypted(way, certified(authority)) as (world, variable):
        told = scene.deliver({**variable, "ca": str(authority.certificate_path)})
        assert [one.fault for one in told.destinations] == [""]
        assert len(world.tickets()) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_server_with_a_certificate_of_an_unknown_authority_gets_nothing_and_the_ticket_waits(
    way: str, scene: Scene, authority: LabAuthority
) -> None:
    scene.fails("pc-001")
    with encrypted(way, certified(authority)) as (world, variable):
        told = scene.deliver(variable)
        assert "certificate verify failed" in told.destinations[0].fault
        assert world.tickets() == []
        scene.later(60)
        scene.deliver({**variable, "ca": str(authority.certificate_path)})
        assert len(world.tickets()) == 1, "nothing was lost, and nothing is told twice"


@pytest.mark.parametrize("way", WAYS)
def test_a_server_with_the_certificate_of_another_gets_nothing(way: str, scene: Scene, authority: LabAuthority) -> None:
    scene.fails("pc-001")
    with encrypted(way, certified(authority, "127.0.0.2")) as (world, variable):
        told = scene.deliver({**variable, "ca": str(authority.certificate_path)})
        assert "certificate verify failed" in told.destinations[0].fault
        assert world.tickets() == []


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_who_switches_the_check_off_says_so_in_the_variable(scene: Scene, authority: LabAuthority) -> None:
    scene.fails("pc-001")
    with encrypted("https", certified(authority)) as (world, variable):
        scene.deliver({**variable, "verify": False})
        assert len(world.tickets()) == 1
