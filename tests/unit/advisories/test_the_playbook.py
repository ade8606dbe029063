# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""advisories.yml as an operator runs it: check mode with its diff, for real, again, and with a feed that is broken."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from advisory_scenes import DATA, KEV, MONTH
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from web_server import status, web_server

from tests.services import plays

PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


class Office:
    """A folder with an inventory, and a run of the playbook over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "hosts.yml").write_text("all: {hosts: {pc-1: {}, pc-2: {}}}\n")

    def run(self, *sources: str, options: tuple[str, ...] = (), **variables: object) -> tuple[int, dict[str, Any], str]:
        """Return the exit code, the task's result on the one host that it ran for, and all that was said."""
        said = {"nightshift_advisories": [{"source": one} for one in sources], **variables}
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        done = plays.run(
            [PLAYBOOK, "nightshift.fleet.advisories", "-i", "hosts.yml", "-e", json.dumps(said), *options],
            cwd=self.folder,
            env=environment | {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_NOCOLOR": "1"},
        )
        start = done.stdout.find("{")
        result = json.JSONDecoder().raw_decode(done.stdout[start:])[0] if start >= 0 else {}
        return done.returncode, result, done.stdout + done.stderr

    def known(self) -> list[str]:
        """Return the documents in the ledger beside the inventory."""
        ledger = open_ledger(f"sqlite:///{self.folder / '.nightshift' / 'ledger.sqlite'}", read_only=True)
        with ledger.read() as tx:
            return [one.id for one in tx.advisories.documents()]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_an_operator_rehearses_imports_and_imports_again(office):
    authority = office.folder / "authority"
    with web_server(authority) as shelf:
        sources = [shelf.put("/month", MONTH), shelf.put("/kev", KEV)]
        trusted = {"nightshift_advisories_ca": str(authority / "ca.pem")}

        code, result, said = office.run(*sources, options=("--check", "--diff"), **trusted)
        assert (code, office.known()) == (0, [])
        assert "+KB5068861: critical, 2 CVEs, exploited, needs a restart" in said
        assert "+CVE-2025-62215: exploited, Microsoft Windows, due 2025-12-03" in said

        code, result, said = office.run(*sources, **trusted)
        assert code == 0, said
        assert result["changed"] is True
        assert [(one["document"], one["state"], one["kbs"]) for one in result["sources"]] == [
            ("msrc:2025-Nov", "changed", 3),
            ("cisa-kev", "changed", 1),
        ]
        assert office.known() == ["cisa-kev", "msrc:2025-Nov"]

        code, result, said = office.run(*sources, **trusted)
        assert code == 0, said
        assert result["changed"] is False
        assert {one["state"] for one in result["sources"]} == {"unchanged"}


def test_a_broken_feed_fails_the_task_at_the_end_or_warns(office):
    with web_server() as shelf:
        sources = [shelf.put("/broken", status(500)), shelf.put("/month", MONTH)]
        code, result, _said = office.run(*sources)
        assert code == 2
        assert "/broken: its server answers HTTP 500" in result["msg"]
        assert office.known() == ["msrc:2025-Nov"]

        code, result, said = office.run(*sources, nightshift_advisories_on_failure="warn")
        assert code == 0
        assert [one["state"] for one in result["sources"]] == ["failed", "unchanged"]
        assert "[WARNING]" in said


def test_an_impossible_limit_is_refused_with_what_is_possible(office):
    code, result, _said = office.run("/month.xml", nightshift_advisories_max_megabytes=0)
    assert code == 2
    assert "max_megabytes: 0 is not possible; use a number from 1 to 1024" in result["msg"]


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the real months are not here: set NIGHTSHIFT_VENDOR_DATA to their folder"
)
def test_three_real_months_and_the_catalogue_are_imported_in_one_run(office):
    code, result, said = office.run(*(str(file) for file in sorted(DATA.glob("[mc]*.*"))))
    assert code == 0, said
    assert [one["kbs"] for one in result["sources"]] == [0, 55, 46, 29]
    assert office.known() == ["cisa-kev", "msrc:2025-Dec", "msrc:2025-Nov", "msrc:2026-Feb"]
