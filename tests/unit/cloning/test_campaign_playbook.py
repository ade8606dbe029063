# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""campaign.yml as an operator runs it: over a register with rooms, booking calendars and a history."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
import threading
from collections.abc import Iterator
from copy import deepcopy
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.history import load_history
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.load import load_cloning
from ansible_collections.nightshift.fleet.plugins.plugin_utils.cloning.model import Outcome

from tests.services import plays

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
SCRIPT = "<script>alert(1)</script>"
REGISTER = f"""\
name;address;class;room;managed
PC-001;10.0.0.1;room;B-204;yes
PC-002;10.0.0.2;room;B-204;yes
PC-003;10.0.0.3;room;B-205;yes
PC-004;10.0.0.4;room;{SCRIPT};yes
PC-005;10.0.0.5;room;;yes
PC-006;10.0.0.6;room;B-206;no
DT-001;10.0.0.7;desktop;B-207;yes
"""
BOOKINGS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Institute//Rooms//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260901T080000Z
SUMMARY:Exam
LOCATION:Building B\\, room B-204
DTSTART;TZID=Europe/Rome:20270614T180000
DTEND;TZID=Europe/Rome:20270614T230000
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
POLICY: dict[str, Any] = {
    "zone": "Europe/Rome",
    "seasons": [{"name": "summer", "from": "06-15", "to": "09-15"}, {"name": "winter", "from": "12-15", "to": "02-28"}],
    "windows": [{"days": "daily", "start": "20:00", "end": "02:00"}],
    "calendars": [{"source": "bookings.ics", "rooms": "location"}],
    "order": ["B-204"],
    "image": "lab",
    "images": {"lab": {"made": "2027-05-20"}},
    "since": "2027-01-01",
}
NOW = "2027-06-01T10:00:00+00:00"
FILES = ["campaign.csv", "campaign.html", "campaign.json"]


class Office:
    """A folder with a register, its policy and a calendar, and runs of the playbook over it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.dest = folder, folder / "out"
        (folder / "fleet.nightshift.yml").write_text("plugin: nightshift.fleet.device_register\npath: register.csv\n")
        (folder / "register.csv").write_text(REGISTER)
        (folder / "bookings.ics").write_bytes(BOOKINGS.encode())
        (folder / "group_vars").mkdir()
        self.policy = deepcopy(POLICY)

    def run(self, *options: str, **variables: object) -> tuple[int, dict[str, Any], str]:
        """Return the exit code, the task's result on the one host that it ran for, and all that was said."""
        (self.folder / "group_vars" / "rooms.yml").write_text(yaml.safe_dump({"nightshift_cloning": self.policy}))
        said = {
            "nightshift_now": NOW,
            "nightshift_campaign_dest": str(self.dest),
            "nightshift_campaign_timetable": True,
            **variables,
        }
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("ANSIBLE_") and not name.lower().endswith("_proxy")
        }
        done = plays.run(
            [PLAYBOOK, "nightshift.fleet.campaign", "-i", "fleet.nightshift.yml", "-e", json.dumps(said), *options],
            cwd=self.folder,
            env=kept | {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_NOCOLOR": "1"},
        )
        _head, found, body = done.stdout.partition("=> {")
        result = json.JSONDecoder().raw_decode("{" + body)[0] if found else {}
        return done.returncode, result, done.stdout + done.stderr

    def refused(self, *options: str, **variables: object) -> list[str]:
        """Return the lines with which a run ends that may write nothing."""
        code, result, said = self.run(*options, **variables)
        assert code == 2, said
        assert not self.dest.exists()
        return str(result["msg"]).splitlines()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


class Page(HTMLParser):
    """Collects the tags and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def nights(rooms: list[dict[str, str]], season: str = "summer 2027") -> list[str]:
    """Return room and start of what is planned in a season."""
    return [f"{one['room']} {one['start']}" for one in rooms if (one["state"], one["season"]) == ("planned", season)]


def test_an_operator_gets_the_nights_as_json_csv_and_html(office: Office) -> None:
    code, result, said = office.run()
    assert code == 0, said
    assert result["changed"] is True
    assert sorted(path.name for path in office.dest.iterdir()) == FILES
    assert sorted(result["files"]) == [str(office.dest / name) for name in FILES]

    told = json.loads((office.dest / "campaign.json").read_text())
    assert told == result["nightshift_campaign"]
    assert told["now"] == "2027-06-01T12:00+02:00"
    assert [one["name"] for one in told["seasons"]] == ["summer 2027", "winter 2027/28"]
    assert nights(told["rooms"]) == [
        f"{SCRIPT} 2027-06-15T20:00+02:00",
        "B-205 2027-06-16T20:00+02:00",
        "B-204 2027-06-17T20:00+02:00",  # the exam has it until the 16th
    ]
    assert len(nights(told["rooms"], "winter 2027/28")) == 3
    assert {one["room"] for one in told["rooms"] if one["state"] == "overdue"} == {SCRIPT, "B-204", "B-205"}
    assert "PC-005 is of class room and has no room; it is not cloned" in told["notes"]

    with (office.dest / "campaign.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == told["rooms"]

    assert result["msg"][0] == "summer 2027, winter 2027/28: 6 planned, 3 overdue"
    (why,) = [line for line in result["msg"] if line.startswith("Thu 2027-06-17 B-204 20:00 to 23:30 (default, lab): ")]
    assert why.endswith("earlier ones: 2 booked (first: 'Exam' on Tue 2027-06-15)")


def test_a_rooms_name_is_text_in_the_page_and_never_a_tag(office: Office) -> None:
    office.run()
    text = (office.dest / "campaign.html").read_text()
    page = Page(text)
    assert "script" not in page.tags
    assert {SCRIPT, "B-204", "B-205", "20:00-23:30 default lab"} <= set(page.texts)
    assert "default-src 'none'" in text


def test_check_mode_shows_what_would_be_written_and_writes_nothing(office: Office) -> None:
    code, result, said = office.run("--check", "--diff")
    assert code == 0, said
    assert result["changed"] is True
    assert "summer 2027, winter 2027/28: 6 planned, 3 overdue" in result["msg"]
    assert f"+++ after: {office.dest / 'campaign.csv'}" in said
    assert "+summer 2027,B-205,planned,2027-06-16,2027-06-16T20:00+02:00,2027-06-16T23:30+02:00,default,lab," in said
    assert not office.dest.exists()


def test_what_is_there_already_is_no_change_and_what_differs_is(office: Office) -> None:
    office.run()
    _code, result, _said = office.run("--diff")
    assert (result["changed"], result.get("diff")) == (False, None)

    (office.dest / "campaign.csv").write_bytes(b"\xff of another hand")
    _code, result, said = office.run("--diff")
    assert result["changed"] is True
    assert f"+++ after: {office.dest / 'campaign.csv'}" in said
    assert "campaign.json" not in said.partition("=> {")[0]
    assert (office.dest / "campaign.csv").read_text().startswith("season,room,")


def test_without_a_folder_nothing_is_written_and_without_a_wish_no_page(office: Office) -> None:
    code, result, said = office.run(nightshift_campaign_dest="")
    assert (code, result["changed"]) == (0, False), said
    assert not office.dest.exists()
    assert sorted(path.name for path in office.folder.iterdir()) == [
        "bookings.ics", "fleet.nightshift.yml", "group_vars", "register.csv",
    ]  # fmt: skip
    office.run(nightshift_campaign_timetable=False)
    assert sorted(path.name for path in office.dest.iterdir()) == ["campaign.csv", "campaign.json"]


def test_what_was_done_counts_and_what_failed_is_planned_again(office: Office) -> None:
    history = [
        {"room": "B-205", "started": "2027-06-15T20:00:00+02:00", "outcome": "done", "image": "lab"},
        {"room": "B-204", "started": "2027-06-17T20:00:00+02:00", "outcome": "failed", "detail": "2 of 20 seats"},
        {"room": "C-1", "started": "2027-01-10T20:00:00+01:00", "outcome": "done"},
    ]
    code, result, said = office.run(nightshift_clone_history=history, nightshift_now="2027-06-18T10:00:00+02:00")
    assert code == 0, said
    rooms = result["nightshift_campaign"]["rooms"]
    assert nights(rooms) == ["B-204 2027-06-18T20:00+02:00", f"{SCRIPT} 2027-06-19T20:00+02:00"]
    assert [one["why"] for one in rooms if one["state"] == "done"] == ["cloned on Tue 2027-06-15 with lab"]
    assert "failed (2 of 20 seats): planned again, try 2" in rooms[0]["why"]
    assert "nightshift_clone_history: 'C-1' is no room of the register" in result["nightshift_campaign"]["notes"]


def test_a_history_that_cannot_be_meant_is_refused_line_by_line(office: Office) -> None:
    history = [
        {"room": "B-204", "started": "2027-06-15T20:00:00", "outcome": "done"},
        {"room": "B-204", "started": "2027-06-15T20:00:00+02:00", "outcome": "perfect"},
    ]
    lines = office.refused(nightshift_clone_history=history)
    assert len(lines) == 2
    assert lines[0].startswith("history: nightshift_clone_history[0].started: '2027-06-15T20:00:00' has no offset")
    assert "nightshift_clone_history[1].outcome: 'perfect'" in lines[1]


def test_every_mistake_of_the_policy_is_one_line_and_nothing_is_written(office: Office) -> None:
    office.policy |= {"zone": "Europe/Room", "margin": "soon", "wndows": []}
    lines = office.refused()
    assert len(lines) == 3
    assert all(line.startswith("group_vars/rooms.yml: nightshift_cloning") for line in lines)
    assert any("nightshift_cloning.zone: 'Europe/Room'" in line for line in lines)
    assert any("nightshift_cloning.wndows: is not a key of nightshift_cloning; did you mean 'windows'" in line
               for line in lines)  # fmt: skip


def test_a_room_that_the_register_does_not_have_is_a_mistake(office: Office) -> None:
    office.policy["order"] = ["B-240"]
    (line,) = office.refused()
    assert "nightshift_cloning.order: 'B-240' is no room of the register; did you mean 'B-205'?" in line


def test_rooms_named_by_numbers_may_stand_beside_others_in_the_policy(office: Office) -> None:
    with (office.folder / "register.csv").open("a") as file:
        file.write("PC-007;10.0.0.8;room;204;yes\n")
    office.policy["rooms"] = {204: {"estimate": "1h"}, "B-205": {"server": "fog-2"}}
    code, result, said = office.run()
    assert code == 0, said
    lasts = {one["room"]: (one["start"][11:16], one["until"][11:16], one["server"])
             for one in result["nightshift_campaign"]["rooms"] if one["state"] == "planned"}  # fmt: skip
    assert lasts["204"] == ("20:00", "21:30", "default")
    assert lasts["B-205"] == ("20:00", "23:30", "fog-2")


def test_every_calendar_that_is_broken_or_missing_stops_the_campaign_with_a_line(office: Office) -> None:
    (office.folder / "torn.ics").write_bytes(BOOKINGS.replace("20270614T180000", "2027-nonsense").encode())
    office.policy["calendars"] += [{"source": "torn.ics"}, {"source": "gone.ics"}]
    torn, gone = office.refused()
    place = "group_vars/rooms.yml: nightshift_cloning.calendars"
    remedy = "nothing is planned without it: correct it, or take it from the list"
    assert torn.startswith(f"{place}[1].source: 'torn.ics' event 'Exam': ")
    assert torn.endswith(remedy)
    assert gone == f"{place}[2].source: 'gone.ics' there is no such file; {remedy}"


class Calendars(BaseHTTPRequestHandler):
    """Serves one calendar at a private address, packed, and nothing else."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.headers["Accept"])
        if self.path != "/private-s3cret/rooms.ics?token=s3cret":
            self.send_error(500)
            return
        content = gzip.compress(BOOKINGS.encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def calendars() -> Iterator[tuple[str, list[str]]]:
    """Serve calendars; give the address and what was asked for."""

    asked_for: list[str] = []

    class Here(Calendars):
        asked = asked_for

    server = ThreadingHTTPServer(("127.0.0.1", 0), Here)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}", asked_for
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_calendar_is_got_from_its_address(office: Office, calendars: tuple[str, list[str]]) -> None:
    host, asked = calendars
    source = f"http://{host}/private-s3cret/rooms.ics?token=s3cret"
    office.policy["calendars"] = [{"source": source, "rooms": "location"}]
    code, result, said = office.run()
    assert code == 0, said
    assert "B-204 2027-06-17T20:00+02:00" in nights(result["nightshift_campaign"]["rooms"])
    assert asked == ["text/calendar"]
    assert "s3cret" not in said


def test_a_server_that_fails_stops_the_campaign_and_no_secret_is_shown(
    office: Office, calendars: tuple[str, list[str]]
) -> None:
    host, _asked = calendars
    office.policy["calendars"] = [
        {"source": f"http://ann:s3cret@{host}/s3cret/broken.ics?token=s3cret"},
        {"source": f"http://{host}/s3cret rooms/broken.ics"},
    ]
    broken, blank = office.refused()
    assert (
        f"nightshift_cloning.calendars[0].source: 'http://{host}/.../broken.ics' its server answers HTTP 500" in broken
    )
    assert f"nightshift_cloning.calendars[1].source: 'http://{host}/.../broken.ics' " in blank
    assert "s3cret" not in broken + blank


def test_a_part_of_the_rooms_is_not_planned_alone(office: Office) -> None:
    (line,) = office.refused("--limit", "room_b_204")
    assert "--limit hides rooms" in line


def test_rooms_that_are_told_different_things_are_named(office: Office) -> None:
    (office.folder / "host_vars").mkdir()
    (office.folder / "host_vars" / "PC-003.yml").write_text("nightshift_cloning: {zone: UTC}\n")
    (line,) = office.refused()
    assert "(group_vars/rooms.yml) and PC-003 (host_vars/PC-003.yml) differ" in line


def test_a_folder_that_cannot_be_made_is_named(office: Office) -> None:
    code, result, _said = office.run(nightshift_campaign_dest=str(office.folder / "register.csv"))
    assert code == 2
    assert result["msg"].startswith(f"dest: {office.folder / 'register.csv'}: ")
    assert (office.folder / "register.csv").read_text() == REGISTER


def test_the_settings_of_the_documentation_are_understood() -> None:
    text = (Path(__file__).parents[3] / "docs" / "campaigns.md").read_text()
    settings, history = (yaml.safe_load(block.partition("```")[0]) for block in text.split("```yaml\n")[1:])
    policy = load_cloning(settings["nightshift_cloning"], "campaigns.md", ["B-204", "B-205"])
    assert (policy.per_night, policy.server_of("B-204"), policy.image_of("B-205")) == (2, "fog-2", "lab")
    (run,) = load_history(history["nightshift_clone_history"], "campaigns.md")
    assert (run.room, run.outcome, run.detail) == ("B-204", Outcome.FAILED, "2 of 20 seats")
