# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Host variables to what each source says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..register import cells
from ..sources.claims import DEVICE, PREFIX, sources_of
from .model import Answer, Claim, Expectation, Known, ReconcileError


def known(host: str, variables: Mapping[str, Any], answer: Answer | None = None) -> Known:
    """Read the variables ``nightshift_from_<source>`` of a host. Raises ReconcileError for one that is no dictionary.

    A variable that is null or empty means that the source does not know the host.
    """
    claims = [_claim(host, source, variables[f"{PREFIX}{source}"]) for source in sources_of(variables)]
    device = variables.get(DEVICE)
    device_class = device.get("class") if isinstance(device, Mapping) else None
    return Known(host, tuple(claim for claim in claims if claim is not None), _text(device_class) or None, answer)


def _claim(host: str, source: str, said: Any) -> Claim | None:
    if not said:
        return None
    if not isinstance(said, Mapping):
        raise ReconcileError(
            f"host {host}: {PREFIX}{source}: {said!r} is no dictionary; write what the source says as name, room, mac"
        )
    listed = said.get("macs") or ()
    macs, unreadable = set(), []
    for text in (_text(said.get("mac")), *map(_text, listed if isinstance(listed, list | tuple) else (listed,))):
        if not text:
            continue
        try:
            macs.add(cells.mac(text))
        except ValueError:
            unreadable.append(text)
    room = _text(said.get("room")) or None
    return Claim(source, _text(said.get("name")) or host, room, frozenset(macs), tuple(unreadable))


def expectations(options: object) -> tuple[Expectation, ...]:
    """Read the option ``expect``: a list of dictionaries. Raises ReconcileError."""
    found = []
    for number, entry in enumerate(options if isinstance(options, list) else [options]):
        place = f"expect[{number}]"
        if not isinstance(entry, Mapping) or not entry.keys() <= {"known_to", "also_to", "device_class"}:
            raise ReconcileError(f"{place}: {entry!r} is no expectation; write known_to, also_to and device_class")
        values = {key: _text(value) for key, value in entry.items()}
        if not values.get("known_to") or not values.get("also_to"):
            raise ReconcileError(f"{place}: known_to and also_to are needed; name two sources, as fog and ad")
        found.append(Expectation(values["known_to"], values["also_to"], values.get("device_class") or None))
    return tuple(found)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
