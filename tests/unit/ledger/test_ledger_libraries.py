# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The libraries that the ledger needs: said when missing, loaded and prepared once when there."""

from __future__ import annotations

import subprocess
import sys

PACKAGE = "ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def test_without_sqlalchemy_the_package_loads_and_says_what_to_install() -> None:
    said = run(
        "import sys; sys.modules['sqlalchemy'] = None\n"
        f"from {PACKAGE} import HAS_SQLALCHEMY, SQLALCHEMY_TRACEBACK, LedgerError, open_ledger\n"
        "try: open_ledger('sqlite:////ledger')\n"
        "except LedgerError as missing: print(HAS_SQLALCHEMY, 'sqlalchemy' in SQLALCHEMY_TRACEBACK, missing)"
    )
    assert (
        said == "False True sqlite:////ledger: install the Python library sqlalchemy on the controller (2.0 or newer)"
    )


def test_importing_and_preparing_does_not_load_alembic() -> None:
    assert run(f"import sys; from {PACKAGE} import prepare; prepare(); print('alembic' in sys.modules)") == "False"


def test_after_preparing_a_devices_turn_compiles_no_statement(url: str) -> None:
    code = (
        f"from {PACKAGE} import prepare, open_ledger\n"
        f"from {PACKAGE}.prepare import _report\n"
        "from ansible_collections.nightshift.fleet.plugins.plugin_utils.device.report import Program, SoftwareList\n"
        "from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Device\n"
        "from datetime import UTC, datetime, timedelta\n"
        "from sqlalchemy.sql.compiler import SQLCompiler\n"
        "now = datetime(2026, 11, 23, tzinfo=UTC)\n"
        f"url = {url!r}\n"
        "with open_ledger(url).begin() as tx: tx.enrol([Device('pc-017')], now)\n"
        "prepare(url)\n"
        "compiled, made = [], SQLCompiler.__init__\n"
        "def watched(self, dialect, statement, *a, **k):\n"
        "    compiled.append(statement); made(self, dialect, statement, *a, **k)\n"
        "SQLCompiler.__init__ = watched\n"
        "ledger = open_ledger(url)\n"
        "with ledger.begin() as tx: tx.acquire_lease('pc-017', 'me', now, timedelta(1))\n"
        "with ledger.read() as tx: tx.device_state('pc-017'); tx.acknowledgeable(['pc-017'])\n"
        "for scan, found in (('scan-1', 'a'), ('scan-4', 'abc'), ('scan-2', 'abc'), ('scan-3', 'ab'), ('more', '')):\n"
        "    now += timedelta(minutes=1)\n"
        "    with ledger.begin() as tx: tx.record_report('pc-017', _report(now, scan, tuple(found)), now)\n"
        "    with ledger.read() as tx: tx.software.digest('pc-017')\n"
        "    programs = SoftwareList(scan, tuple(map(Program, found)))\n"
        "    with ledger.begin() as tx: tx.software.record('pc-017', programs, now)\n"
        "with ledger.begin() as tx: tx.release_lease('pc-017', 'me')\n"
        "SQLCompiler.__init__ = made\n"
        "print([str(one) for one in compiled])"
    )
    assert run(code) == "[]"
