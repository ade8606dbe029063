# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``nightshift_tickets`` as Ansible's inventory has it for each device (the Ansible edge of a delivery).

Only devices that a ticket concerns are looked at: the variables of a thousand hosts take a second to gather.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ..ledger import Ledger
from ..policy.sources import file_of
from .destination import Destination
from .reading import VARIABLE, TicketsError, read_destination
from .routes import Routes


def concerned(ledger: Ledger, members: Collection[str]) -> list[str]:
    """Return the devices of ``members`` that a ticket system is told of, or is still to be told of."""
    with ledger.read() as reader:
        tickets = list(reader.open_tickets())
        cases = {case.id for case, _message in reader.delivery.on_the_way()}
        for told in reader.delivery.tickets_of(cases).values():
            tickets += [one.ticket for one in told]
    return sorted({ticket.device for ticket in tickets if ticket.device is not None} & set(members))


def routes_of(devices: Iterable[str], variables: Mapping[str, Any]) -> Routes:
    """Return where the tickets of ``devices`` go, and those about no single device: where the task's own host says.

    ``variables``: ``task_vars``. Raises TicketsError with every mistake, each once.
    """
    hostvars = variables["hostvars"]
    known: dict[str, Destination] = {}
    problems: list[str] = []

    def read(host: str, raw: object) -> Destination | None:
        if raw is None:
            return None
        key = repr(raw)
        if key not in known:
            try:
                known[key] = read_destination(raw, file_of(raw) or f"host {host}")
            except TicketsError as wrong:
                problems.append(str(wrong))
                return None
        return known[key]

    routed = {name: found for name in devices if (found := read(name, hostvars[name].get(VARIABLE)))}
    own = read(str(variables.get("inventory_hostname", "localhost")), variables.get(VARIABLE))
    if problems:
        raise TicketsError("\n".join(dict.fromkeys("\n".join(problems).splitlines())))
    _refuse_two_under_one_name([*routed.values(), *([own] if own else [])])
    return Routes(routed, own or next(iter(routed.values()), None))


def _refuse_two_under_one_name(found: Iterable[Destination]) -> None:
    named: dict[str, Destination] = {}
    for one in found:
        if named.setdefault(one.name, one) != one:
            raise TicketsError(
                f"{VARIABLE}.name: {one.name!r} stands for different ticket systems; give each a name of its own"
            )
