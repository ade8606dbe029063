# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``win_seat_check`` answers (docs/device-protocol.md), read strictly. A fact that is not known is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from ..device.fields import Fields, ProtocolError


class Trust(str, Enum):
    """What the domain says of the PC's account."""

    OK = "ok"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    NOT_JOINED = "not_joined"


class License(str, Enum):
    """How Windows is activated."""

    LICENSED = "licensed"
    UNLICENSED = "unlicensed"
    GRACE = "grace"
    NON_GENUINE = "non_genuine"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True)
class Windows:
    """Edition as Windows names it, build (26100), revision of the build (UBR)."""

    edition: str
    build: int
    ubr: int


@dataclass(frozen=True, slots=True)
class ImageMarker:
    """Which image a disk holds. ``checksum``: SHA-256 in lower case. ``date``: aware UTC."""

    name: str
    version: str
    checksum: str
    date: datetime


@dataclass(frozen=True, slots=True)
class RunMarker:
    """Which job was about to replace a disk. ``written``: by the device's clock, aware UTC."""

    job: str
    room: str
    written: datetime


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file that was asked for. ``sha256`` None: there is no such file, or it is in ``unread``."""

    path: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """One answer. ``read_at``: the controller's clock when it came; ``time``, ``boot_time``: the device's own clock.

    ``unread``: fact to reason, ``files:<path>`` for a file; such a fact is unknown. A marker that is None and not in
    ``unread`` is not there.
    """

    read_at: datetime
    time: datetime
    computer_name: str | None = None
    domain: str | None = None
    domain_trust: Trust = Trust.UNKNOWN
    machine_sid: str | None = None
    wsus_client_id: str | None = None
    windows: Windows | None = None
    boot_time: datetime | None = None
    license: License | None = None
    image: ImageMarker | None = None
    run_marker: RunMarker | None = None
    users: tuple[str, ...] = ()
    files: tuple[FileFact, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def booted(self) -> datetime | None:
        """When it booted by the controller's clock: the device's clock may be wrong, its uptime is not."""
        return None if self.boot_time is None else self.read_at - (self.time - self.boot_time)

    @classmethod
    def read(cls, result: Mapping[str, object], at: datetime) -> SeatFacts:
        """Read a result of the module that came at ``at`` (aware). Raises ProtocolError."""
        top = Fields(result, "win_seat_check: ")
        seat = top.object("seat")
        return cls(
            read_at=at,
            time=top.needed_instant("time"),
            computer_name=_text(seat, "computer_name"),
            domain=_text(seat, "domain"),
            domain_trust=seat.word("domain_trust", Trust),
            machine_sid=_text(seat, "machine_sid"),
            wsus_client_id=_text(seat, "wsus_client_id"),
            windows=_windows(seat.object("os")) if "os" in seat else None,
            boot_time=seat.instant("boot_time"),
            license=seat.object("activation").word("status", License) if "activation" in seat else None,
            image=_image(seat.object("image")) if "image" in seat else None,
            run_marker=_run(seat.object("run_marker")) if "run_marker" in seat else None,
            users=tuple(user.name("name") for user in seat.objects("users")),
            files=tuple(FileFact(one.name("path"), _digest(one)) for one in seat.objects("files")),
            unread=_unread(result),
        )


def _text(seat: Fields, key: str) -> str | None:
    return seat.name(key) if key in seat else None


def _windows(held: Fields) -> Windows:
    return Windows(held.name("edition"), held.number("build"), held.number("ubr"))


def _run(marker: Fields) -> RunMarker:
    return RunMarker(marker.name("job"), marker.name("room"), marker.needed_instant("written"))


def _image(marker: Fields) -> ImageMarker:
    return ImageMarker(
        marker.name("name"), marker.name("version"), marker.name("checksum").lower(), marker.needed_instant("date")
    )


def _digest(file: Fields) -> str | None:
    return file.name("sha256").lower() if "sha256" in file else None


def _unread(result: Mapping[str, object]) -> dict[str, str]:
    seat = result.get("seat")
    held = seat.get("unread") if isinstance(seat, Mapping) else None
    if not isinstance(held, Mapping) or not all(isinstance(why, str) for why in held.values()):
        raise ProtocolError(f"win_seat_check: seat.unread: {held!r} is not an object of texts")
    return {str(fact): str(why) for fact, why in held.items()}
