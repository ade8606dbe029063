# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists the software of the fleet from the ledger, and writes it as CSV (enterprise 1)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.software import Held
from ansible_collections.nightshift.fleet.plugins.plugin_utils.tasks.controller import ControllerTask

SPEC = {
    "name": {"type": "str", "default": ""},
    "gone": {"type": "bool", "default": False},
    "csv": {"type": "path"},
    "ledger": {"type": "str"},
}
COLUMNS = ("device", "name", "version", "publisher", "scope", "since", "gone_at")


class ActionModule(ControllerTask):
    """nightshift.fleet.software."""

    SPEC = SPEC

    def act(self, options: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """List what the devices of the play have."""
        wanted = options["name"].casefold()
        url = self.ledger_url(options)
        with open_ledger(url, read_only=True).read() as tx:
            held = list(tx.software.of(variables["ansible_play_hosts_all"], gone=options["gone"]))
        rows = [row_of(one) for one in held if wanted in one.program.name.casefold()]
        path = options["csv"]
        changed = False
        if path:
            text = table(rows)
            file = Path(path)
            try:
                changed = not file.exists() or file.read_text(encoding="utf-8") != text
                if changed and not self.rehearsal:
                    file.write_text(text, encoding="utf-8")
            except OSError as wrong:
                raise AnsibleActionFail(f"csv: {wrong}") from wrong
        devices = len({row["device"] for row in rows})
        told = f"{len(rows)} entries on {devices} devices"
        shown = [] if path else ["{device}: {name} {version} ({publisher}, {scope})".format(**row) for row in rows]
        return {"changed": changed, "msg": [told, *shown], "nightshift_software": rows, "_ansible_verbose_always": True}


def row_of(one: Held) -> dict[str, str]:
    """Return an entry as texts; instants are ISO 8601 in UTC, ``gone_at`` is empty while it is there."""
    program = one.program
    return {
        "device": one.device,
        "name": program.name,
        "version": program.version,
        "publisher": program.publisher,
        "scope": program.scope,
        "since": one.since.isoformat(),
        "gone_at": one.gone_at.isoformat() if one.gone_at else "",
    }


def table(rows: Iterable[dict[str, str]]) -> str:
    """Return the rows as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    lines = _Lines()
    writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_harmless(row) for row in rows)
    return "".join(lines)


class _Lines(list[str]):
    """Collects what a csv writer writes."""

    write = list.append


def _harmless(row: dict[str, str]) -> dict[str, str]:
    return dict(_cells(row))


def _cells(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        yield name, f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
