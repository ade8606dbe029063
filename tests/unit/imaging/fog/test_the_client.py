# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a FOG server is asked: who asks, over what, and what is kept of its answers."""

from __future__ import annotations

import base64
from dataclasses import asdict

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog import client as fog_client
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.fog.client import Access, Client, Dialect
from fog_scenes import Building

from lab.fog.answers import DOMAIN_PASSWORD, NODE_PASSWORD, PRODUCT_KEY
from lab.fog.server import API_TOKEN, USER_TOKEN

WRONG = base64.b64encode(b"wrong").decode()


def test_the_dialect_is_found(building: Building) -> None:
    assert building.client.dialect is Dialect(building.server.dialect)


def test_the_tokens_go_as_base64_with_every_request(building: Building) -> None:
    building.engine.preflight(building.spec())
    assert {one.tokens for one in building.server.asked} == {(API_TOKEN, USER_TOKEN)}


def test_a_token_that_was_decoded_by_hand_is_told_before_anything_is_sent() -> None:
    with pytest.raises(EngineError, match="api_token: not base64"):
        Access("https://fog.example/fog", "not base64!", USER_TOKEN)


def test_an_address_without_tls_is_refused() -> None:
    with pytest.raises(EngineError, match="not https"):
        Access("http://fog.example/fog", API_TOKEN, USER_TOKEN)
    assert Access("http://fog.example/fog", API_TOKEN, USER_TOKEN, plain_http=True)


def test_a_server_with_an_unknown_certificate_gets_no_token(building: Building) -> None:
    with pytest.raises(EngineError, match=r"no answer .*certificate"):
        Client(building.access(ca_path=None)).hosts()
    assert building.server.asked == []


def test_tokens_that_the_server_does_not_take_are_told_apart(building: Building) -> None:
    with pytest.raises(EngineError, match="does not take the API token"):
        Client(building.access(api_token=WRONG)).hosts()
    with pytest.raises(EngineError, match="does not take the user"):
        Client(building.access(user_token=WRONG)).hosts()


def test_a_redirect_is_not_followed_and_means_that_the_api_is_off(building: Building) -> None:
    building.store.quirks.api_off = True
    with pytest.raises(EngineError, match="API is switched off"):
        building.engine.preflight(building.spec())
    assert not [one for one in building.server.asked if "management" in one.path]


def test_the_pages_of_a_list_are_read_to_the_end(building: Building, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fog_client, "PAGE", 2)
    assert len(building.client.hosts()) == 5


def test_nothing_that_is_kept_holds_a_secret_of_the_server(building: Building) -> None:
    building.engine.start(building.spec())
    client = building.client
    kept = repr([*client.hosts(), *client.active_tasks(), *client.nodes(), *client.active_sessions(), client.host(1)])
    for secret in (NODE_PASSWORD, DOMAIN_PASSWORD, PRODUCT_KEY):
        assert secret not in kept


def test_the_tokens_do_not_show_when_the_access_is_printed(building: Building) -> None:
    access = building.access(password="room key")
    assert set(asdict(access)) >= {"api_token", "user_token", "password"}
    for secret in (API_TOKEN, USER_TOKEN, "room key"):
        assert secret not in repr(access)
