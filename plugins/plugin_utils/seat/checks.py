# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each thing that a seat must show, by itself: it is right, wrong, or not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .expected import Check, Expected, Finding, Other
from .facts import License, SeatFacts, Trust

NETBIOS = 15  # letters of a computer name that Windows keeps


@dataclass(frozen=True, slots=True)
class Wrong:
    """It is known not to be so."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell."""

    text: str


Answer = Iterator[Wrong | Unknown]


def findings(
    facts: SeatFacts, expected: Expected, others: Sequence[Other]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is wrong and what is unknown, in the order of the checks."""
    wrong: list[Finding] = []
    unknown: list[Finding] = []
    for check, look in CHECKS.items():
        for answer in look(facts, expected, others):
            (wrong if isinstance(answer, Wrong) else unknown).append(Finding(check, answer.text))
    return tuple(wrong), tuple(unknown)


def old_disk(facts: SeatFacts, expected: Expected) -> bool:
    """Whether it is known that the disk is still the one of before the job."""
    booted = facts.booted
    return facts.run_marker is not None or (booted is not None and booted < expected.began)


def _boot(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    if facts.booted is None:
        yield _unread(facts, "boot_time", "when it booted")
    elif facts.booted < expected.began:
        yield Wrong(f"it runs since {facts.booted:%Y-%m-%d %H:%M} UTC, before the job began")


def _disk(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    if facts.run_marker is not None:
        yield Wrong(f"its disk still has the marker of job {facts.run_marker.job}: it was not replaced")
    elif "run_marker" in facts.unread:
        yield _unread(facts, "run_marker", "whether its disk was replaced")
    elif not expected.marked and not _differs(facts, expected.before):
        yield Unknown("nothing shows that its disk was replaced: it could not be marked before")


def _differs(facts: SeatFacts, before: SeatFacts | None) -> bool:
    """Whether a disk that was not marked is known to be another one than before."""
    if before is None:
        return False
    other_sid = None not in (before.machine_sid, facts.machine_sid) and before.machine_sid != facts.machine_sid
    return other_sid or ("image" not in before.unread and facts.image is not None and before.image != facts.image)


def _image(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    wanted = expected.image
    if "image" in facts.unread:
        yield _unread(facts, "image", "which image it has")
    elif facts.image is None:
        yield Wrong(f"its disk has no marker of an image, and {wanted.name} {wanted.version} has one")
    elif (facts.image.name, facts.image.version) != (wanted.name, wanted.version):
        yield Wrong(f"it has image {facts.image.name} {facts.image.version}, not {wanted.name} {wanted.version}")
    elif facts.image.checksum != wanted.checksum.lower():
        yield Wrong(f"its image {wanted.name} {wanted.version} has another checksum: {facts.image.checksum[:12]}")
    elif wanted.date is not None and facts.image.date != wanted.date:
        yield Wrong(f"its image {wanted.name} {wanted.version} is another one: made {facts.image.date:%Y-%m-%d %H:%M}")


def _files(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    if not expected.image.files:
        yield Unknown("no file of the image is known by its checksum, so its content is not proved")
    read = {file.path.casefold(): file.sha256 for file in facts.files}
    unread = {fact.casefold() for fact in facts.unread}
    for file in expected.image.files:
        path = file.path.casefold()
        if path not in read or f"files:{path}" in unread:
            why = next((text for fact, text in facts.unread.items() if fact.casefold() == f"files:{path}"), "")
            yield Unknown(f"{file.path} was not read{': ' + why if why else ''}")
        elif read[path] is None:
            yield Wrong(f"{file.path} is missing")
        elif read[path] != file.sha256.lower():
            yield Wrong(f"{file.path} has another content than the image")


def _windows(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    wanted, found = expected.image, facts.windows
    if found is None:
        yield _unread(facts, "os", "its Windows build")
    elif (found.build, found.ubr) != (wanted.build, wanted.ubr):
        yield Wrong(f"it runs Windows {found.build}.{found.ubr}, and the image {wanted.build}.{wanted.ubr}")
    elif wanted.edition and found.edition != wanted.edition:
        yield Wrong(f"it runs Windows {found.edition}, and the image {wanted.edition}")


def _name(facts: SeatFacts, expected: Expected, others: Sequence[Other]) -> Answer:
    if facts.computer_name is None:
        yield _unread(facts, "computer_name", "its name")
        return
    name, registered = netbios(facts.computer_name), netbios(expected.computer_name)
    if name != registered:
        yield Wrong(f"it is called {facts.computer_name}, and registered as {expected.computer_name}")
    for other in _same(others, lambda one: netbios(one.computer_name), name):
        yield Wrong(f"{other} is called {facts.computer_name} too")


def _sid(facts: SeatFacts, _expected: Expected, others: Sequence[Other]) -> Answer:
    if facts.machine_sid is None:
        yield _unread(facts, "machine_sid", "its machine SID")
        return
    for other in _same(others, lambda one: one.machine_sid, facts.machine_sid):
        yield Wrong(f"{other} has the same machine SID")


def _update_client(facts: SeatFacts, _expected: Expected, others: Sequence[Other]) -> Answer:
    if facts.wsus_client_id is None:
        yield _unread(facts, "wsus_client_id", "its id at the update server")
        return
    for other in _same(others, lambda one: one.wsus_client_id.lower(), facts.wsus_client_id.lower()):
        yield Wrong(f"{other} has the same id at the update server")


def _domain(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    trust = facts.domain_trust
    if trust is Trust.UNKNOWN:
        yield _unread(facts, "domain_trust", "whether the domain trusts it")
    elif trust is Trust.BROKEN:
        yield Wrong(f"the domain {facts.domain} does not trust it")
    elif trust is Trust.NOT_JOINED and expected.domain:
        yield Wrong(f"it is not in the domain {expected.domain}")
    elif trust is Trust.OK and expected.domain is not None:
        if facts.domain is None:
            yield _unread(facts, "domain", "its domain")
        elif facts.domain.lower() != expected.domain.lower():
            wanted = f"domain {expected.domain}" if expected.domain else "no domain"
            yield Wrong(f"it is in the domain {facts.domain}, and should be in {wanted}")


def _activation(facts: SeatFacts, expected: Expected, _others: Sequence[Other]) -> Answer:
    if not expected.activated:
        return
    if facts.license is None:
        yield _unread(facts, "activation", "whether its Windows is activated")
    elif facts.license is License.GRACE:
        yield Unknown("its Windows is not activated yet")
    elif facts.license is not License.LICENSED:
        yield Wrong(f"its Windows is not activated ({facts.license.value})")


CHECKS: dict[Check, Callable[[SeatFacts, Expected, Sequence[Other]], Answer]] = {
    Check.BOOT: _boot,
    Check.DISK: _disk,
    Check.IMAGE: _image,
    Check.FILES: _files,
    Check.WINDOWS: _windows,
    Check.NAME: _name,
    Check.SID: _sid,
    Check.UPDATE_CLIENT: _update_client,
    Check.DOMAIN: _domain,
    Check.ACTIVATION: _activation,
}


def netbios(name: str) -> str:
    """Return a computer name as Windows compares it: without domain, its first 15 letters, in one case."""
    return name.partition(".")[0][:NETBIOS].upper()


def _same(others: Sequence[Other], value: Callable[[Other], str], own: str) -> list[str]:
    return sorted(other.name for other in others if own and value(other) == own)


def _unread(facts: SeatFacts, fact: str, what: str) -> Unknown:
    why = facts.unread.get(fact, "")
    return Unknown(f"{what} is not known{': ' + why if why else ''}")
