# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a reference PC may be generalised: what ``win_sysprep_check`` says, judged. An unknown is never ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ..device.fields import Fields, ProtocolError

COMPLETE = "IMAGE_STATE_COMPLETE"


class InDomain(str, Enum):
    """Whether the reference PC is to be a member of a domain when it is generalised: Sysprep takes it out of it."""

    LEFT = "left"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a reference PC must be. ``obscured``: whether passwords in base64 are taken; plain ones never are."""

    domain: InDomain = InDomain.LEFT
    obscured: bool = False


def faults(result: Mapping[str, object], wanted: Preparation) -> tuple[str, ...]:
    """Return everything that stands in the way, each in a sentence. Raises ProtocolError."""
    seat = Fields(result, "win_sysprep_check: ").object("sysprep")
    return tuple(_faults(seat, _unread(result), wanted))


def _faults(said: Fields, unread: Mapping[str, str], wanted: Preparation) -> Iterator[str]:
    for fact, why in sorted(unread.items()):
        yield f"{fact} cannot be read: {why}"
    if "image_state" in said and said.text("image_state") != COMPLETE:
        yield f"Windows is in state {said.text('image_state')}; finish its set-up first"
    if "rearm_left" in said and said.number("rearm_left") < 1:
        yield "its licence cannot be rearmed any more; take an older version of the PC's disk"
    if "domain_joined" in said and said.flag("domain_joined") and wanted.domain is InDomain.LEFT:
        yield "it is in a domain; take it out, so that no clone has its account"
    yield from _pending(said)
    yield from (f"{user.text('name')} is logged on; log them off" for user in said.objects("users"))
    yield from (f"job {job} runs on it; wait for its end" for job in said.texts("running_jobs"))
    yield from _volumes(said)
    yield from (
        f"package {name} is there for a user and not provisioned for all; remove it for that user, or provision it"
        for name in said.texts("appx")
    )
    if "unattend" in said:
        yield from _answer_file(said.object("unattend"), wanted)


def _pending(said: Fields) -> Iterator[str]:
    if "pending_restart" in said:
        pending = said.object("pending_restart")
        if pending.flag("required"):
            sources = ", ".join(pending.object("sources").true_keys())
            yield f"a restart is pending ({sources}); restart it first"


def _volumes(said: Fields) -> Iterator[str]:
    for volume in said.objects("bitlocker"):
        drive = volume.text("drive") or "a volume without a letter"
        for fact, words in (("protected", "protects"), ("encrypted", "encrypts")):
            if fact not in volume:
                yield f"whether BitLocker {words} {drive} is not known; unlock it"
            elif volume.flag(fact):
                yield f"BitLocker {words} {drive}; switch it off and wait until it is decrypted"


def _answer_file(file: Fields, wanted: Preparation) -> Iterator[str]:
    path = file.text("path")
    if not file.flag("present"):
        yield f"the answer file {path} is missing; without it every clone asks its first user"
        return
    if not file.flag("readable"):
        yield f"the answer file {path} is no XML"
    for password in file.objects("passwords"):
        place, plain = password.text("place"), password.flag("plain")
        if plain:
            yield f"the answer file {path} has a plain password in {place}, which every clone would keep; remove it"
        elif not wanted.obscured:
            yield (
                f"the answer file {path} has a password in {place} that is only written in base64; remove it, or say "
                "that such ones are taken"
            )


def _unread(result: Mapping[str, object]) -> dict[str, str]:
    said = result.get("sysprep")
    held = said.get("unread") if isinstance(said, Mapping) else None
    if not isinstance(held, Mapping):
        raise ProtocolError(f"win_sysprep_check: sysprep.unread: {held!r} is not an object of texts")
    return {str(fact): str(why) for fact, why in held.items()}
