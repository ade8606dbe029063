# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's FOG server against a conversation with a real one, request by request.

What is compared of each answer: status, kind of content, every key at every depth, and every value but those that no
second server could give again (times, ports, icons, texts for people) or that the lab has as bait (passwords).
"""

from __future__ import annotations

import base64
import http.client
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab.fog.server import API_TOKEN, USER_TOKEN, FogServer, serving
from lab.fog.store import HostRow, ImageRow, LogEntry, Pair, Quirks, SessionRow, Store

RECORDED = Path(os.environ.get("NIGHTSHIFT_VENDOR_DATA", "/nonexistent")) / "fog-1.5.8" / "recorded.json"
pytestmark = pytest.mark.skipif(
    not RECORDED.is_file(),
    reason="the conversation with a real FOG is not here: set NIGHTSHIFT_VENDOR_DATA to the folder above fog-1.5.8",
)
NOT_COMPARED = frozenset({
    "createdTime", "deployed", "checkInTime", "starttime", "completetime", "start", "finish", "port", "pingstatus",
    "description", "icon", "kernelArgs", "kernel", "initrd", "pass", "ADPass", "productKey",
})  # fmt: skip
SCHEDULES = {"schedule", "scheduled tasks"}  # the lab's server has none: nothing of ours uses them
TOKENS = {
    "both tokens": {"fog-api-token": API_TOKEN, "fog-user-token": USER_TOKEN},
    "api token only": {"fog-api-token": API_TOKEN},
    "wrong api token": {"fog-api-token": base64.b64encode(b"wrong").decode(), "fog-user-token": USER_TOKEN},
    "none": {},
}


def as_it_was() -> Store:
    """What the real server held before the first request."""
    store = Store(quirks=Quirks(php8=True))
    now = store.now
    store.images[1] = ImageRow(1, "salle12-2026", "salle12-2026", now, format="5", replicate="1")
    store.images[2] = ImageRow(2, "salle14-2026", "salle14-2026", now)
    for number in range(1, 5):
        store.hosts[number] = HostRow(number, f"S12-PC0{number}", [f"52:54:00:77:00:0{number}"], 1, now)
        store.members[number] = Pair(number, 1, number)
    store.hosts[3].name = "s12-pc03"
    store.add_group("salle12", [])
    store.members.update({number: Pair(number, 1, number) for number in range(1, 5)})
    for number, name in ((1, ""), (2, "partial - salle12"), (3, "mc - salle12"), (4, "")):
        store.sessions[number] = SessionRow(number, name, 1, "salle12-2026", 63100, now, state=5)
    store.sessions[9999] = SessionRow(9999, "", 0, "", 0, None, state=5)
    for number, session, task in ((4, 2, 5), (7, 3, 11), (8, 3, 12), (9, 3, 13), (10, 3, 14)):
        store.receivers[number] = Pair(number, session, task)
    store.log[1] = LogEntry(1, 2, "salle12-2026", now, now)
    store.last = {
        "image": 2, "host": 4, "group": 1, "member": 4, "task": 24, "session": 9999, "receiver": 14, "log": 1,
    }  # fmt: skip
    return store


def shape(value: Any, key: str = "") -> Any:
    """What is compared of an answer."""
    if isinstance(value, dict):
        return {name: shape(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item, key) for item in value]
    return type(value).__name__ if key in NOT_COMPARED else value


@contextmanager
def conversation() -> Iterator[http.client.HTTPConnection]:
    with serving(FogServer(as_it_was())) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        try:
            yield connection
        finally:
            connection.close()


def ask(connection: http.client.HTTPConnection, one: dict[str, Any]) -> tuple[int, str, Any]:
    headers = dict(TOKENS[one["auth"]])
    body = one["body"]
    if isinstance(body, str):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection.request(one["method"], one["path"], body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    try:
        said = json.loads(text)
    except ValueError:
        said = text
    return answer.status, answer.headers.get("Content-Type", "").split(";")[0], said


def test_the_labs_server_answers_each_request_as_the_real_one_did() -> None:
    different = []
    with conversation() as connection:
        for number, one in enumerate(json.loads(RECORDED.read_text())):
            if one["note"] in SCHEDULES:
                continue
            got = ask(connection, one)
            wanted = (one["status"], one["content_type"].split(";")[0], one["answer"])
            if shape(list(got)) != shape(list(wanted)):
                different.append((number, one["note"], shape(list(wanted)), shape(list(got))))
    assert not different, "\n".join(map(str, different))
