# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the sources of an inventory say of each host, compared. A pure function of its arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..register.groups import group_part
from ..sources.names import computer
from .model import LEDGER, USUAL, Comparison, Expectation, Finding, Kind, Known, ReconcileError


def compare(
    devices: Sequence[Known], expected: Iterable[Expectation] = USUAL, required: Iterable[str] = ()
) -> Comparison:
    """Compare what is said of each device.

    ``required``: the sources that must know a device at least; raises ReconcileError when one knows none, because a
    source that was not read would otherwise make every device a finding.
    """
    counted = Counter(claim.source for known in devices for claim in known.claims)
    silent = sorted(source for source in required if not counted[source])
    if silent:
        raise ReconcileError(
            f"source {silent[0]}: no host of the inventory has nightshift_from_{silent[0]}; see whether the source "
            "could be read, or take it out of the required ones"
        )
    notes = []
    directories = sorted(source for source in counted if source != LEDGER)
    findings: list[Finding] = []
    if len(directories) > 1:
        findings += _one_source(devices, directories)
    else:
        notes.append(f"only one source ({', '.join(directories) or 'none'}): which devices others lack is not known")
    for rule in expected:
        if counted[rule.known_to] and counted[rule.also_to]:
            findings += _missing(devices, rule)
        elif counted[rule.known_to]:
            notes.append(f"{rule.known_to} was not compared with {rule.also_to}, which knows no host of the inventory")
    for known in devices:
        findings += _differing(known)
    findings += _spellings(devices)
    findings += _shared_macs(devices)
    findings += _other_names(devices)
    order = list(Kind)
    findings.sort(key=lambda finding: (order.index(finding.kind), finding.host.casefold()))
    return Comparison(len(devices), dict(sorted(counted.items())), tuple(findings), tuple(notes))


def _one_source(devices: Iterable[Known], directories: Sequence[str]) -> Iterable[Finding]:
    """Devices that one source alone knows. The ledger learns of devices from the others and does not count."""
    spelled = Counter(computer(known.host) for known in devices if known.claims)
    for known in devices:
        sources = [claim.source for claim in known.claims if claim.source != LEDGER]
        if len(sources) > 1 or not known.claims or spelled[computer(known.host)] > 1:  # two spellings: told as such
            continue
        others = [source for source in directories if source not in sources]
        if sources:
            text = f"only {sources[0]} knows it; not in {_and(others)}"
        else:
            text = f"no source knows it any more, and the {LEDGER} does"
        yield Finding(Kind.ONE_SOURCE, known.host, text, {claim.source: claim.name for claim in known.claims})


def _missing(devices: Iterable[Known], rule: Expectation) -> Iterable[Finding]:
    for known in devices:
        sources = {claim.source: claim.name for claim in known.claims}
        of_class = rule.device_class is None or rule.device_class == known.device_class
        alone = not sources.keys() - {rule.known_to, LEDGER}  # told already, as known to one source alone
        if of_class and not alone and rule.known_to in sources and rule.also_to not in sources:
            text = f"in {rule.known_to}, and not in {rule.also_to}"
            yield Finding(Kind.MISSING, known.host, text, sources)


def _differing(known: Known) -> Iterable[Finding]:
    """MAC addresses of which no two sources share one, rooms of different names, and what cannot be read."""
    for claim in known.claims:
        for value in claim.unreadable:
            text = f"{claim.source} has a MAC address that is none: {value!r}"
            yield Finding(Kind.UNREADABLE, known.host, text, {claim.source: value})
    with_macs = [claim for claim in known.claims if claim.macs]
    if any(not one.macs & other.macs for one in with_macs for other in with_macs):
        said = {claim.source: " ".join(sorted(claim.macs)) for claim in with_macs}
        yield Finding(Kind.MAC, known.host, "sources have different MAC addresses", said)
    rooms = {claim.source: claim.room for claim in known.claims if claim.room is not None}
    if len({group_part(room) for room in rooms.values()}) > 1:
        yield Finding(Kind.ROOM, known.host, "sources have it in different rooms", rooms)


def _spellings(devices: Iterable[Known]) -> Iterable[Finding]:
    """Hosts of the inventory that are one computer: sources that spell its name differently did not merge."""
    spelled: dict[str, list[Known]] = {}
    for known in devices:
        if known.claims:
            spelled.setdefault(computer(known.host), []).append(known)
    for found in spelled.values():
        found.sort(key=lambda known: (len(known.host), known.host))
        for known in found[1:]:
            said = {", ".join(claim.source for claim in one.claims): one.host for one in found}
            text = f"is {found[0].host} by another spelling; give both sources one name for it"
            yield Finding(Kind.SPELLING, known.host, text, said)


def _shared_macs(devices: Iterable[Known]) -> Iterable[Finding]:
    """MAC addresses that stand for two computers: often two PCs that were exchanged, or a card that was moved."""
    owners: dict[str, dict[str, list[str]]] = {}
    for known in devices:
        for claim in known.claims:
            for mac in claim.macs:
                owners.setdefault(mac, {}).setdefault(known.host, []).append(claim.source)
    for mac, hosts in sorted(owners.items()):
        if len({computer(host) for host in hosts}) > 1:
            said = {source: host for host, sources in hosts.items() for source in sources}
            first, *others = sorted(hosts)
            text = f"its MAC address {mac} is that of {_and(others)} too"
            yield Finding(Kind.SHARED_MAC, first, text, said)


def _other_names(devices: Sequence[Known]) -> Iterable[Finding]:
    """Devices whose last report has another computer name than the inventory."""
    hosts = {computer(known.host): known.host for known in devices}
    for known in devices:
        answer = known.answer
        if answer is None or not answer.name or computer(answer.name) == computer(known.host):
            continue
        text = f"answered as {answer.name} on {answer.at:%Y-%m-%d %H:%M} UTC"
        if computer(answer.name) in hosts:
            text += f", which is the name of {hosts[computer(answer.name)]}"
        yield Finding(Kind.OTHER_NAME, known.host, text, {LEDGER: answer.name})


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
