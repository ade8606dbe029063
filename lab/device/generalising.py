# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Sysprep finds on a simulated PC: what it stumbles over, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..truth import What
from .identity import fresh

if TYPE_CHECKING:
    from .pc import SimulatedPC

COMPLETE = "IMAGE_STATE_COMPLETE"
GENERALISED = "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"
SECONDS = 120.0  # from the start of Sysprep to the PC being off


@dataclass(slots=True)
class Volume:
    """A volume as BitLocker sees it. None: it does not tell."""

    drive: str = "C:"
    protected: bool | None = False
    encrypted: bool | None = False


@dataclass(slots=True)
class Sysprep:
    """``packages``: AppX packages that a user has; ``provisioned``: those that every new user gets.

    ``errors``: lines of Sysprep's error log. ``running``: it works now.
    """

    image_state: str = COMPLETE
    rearm_left: int = 1000
    volumes: list[Volume] = field(default_factory=lambda: [Volume()])
    packages: tuple[str, ...] = ()
    provisioned: tuple[str, ...] = ()
    errors: list[str] = field(default_factory=list)
    running: bool = False

    @property
    def generalised(self) -> bool:
        """Whether the next start sets this Windows up anew."""
        return self.image_state == GENERALISED

    def conclude(self) -> bool:
        """Come to the end; whether this Windows is generalised now, or Sysprep has given up."""
        self.running = False
        if self.stumble():
            return False
        self.image_state = GENERALISED
        self.rearm_left -= 1
        return True

    @property
    def appx(self) -> list[str]:
        """The packages on which Sysprep gives up."""
        return sorted(set(self.packages) - set(self.provisioned))

    def stumble(self) -> bool:
        """Whether Sysprep gives up on this PC; its log then says why."""
        for package in self.appx:
            self.errors.append(
                f"SYSPRP Package {package} was installed for a user, but not provisioned for all users. "
                "This package will not function properly in the sysprep image."
            )
        if any(volume.protected for volume in self.volumes):
            self.errors.append(
                "SYSPRP BitLocker-Sysprep: BitLocker is on for the OS volume. Turn BitLocker off (0x80310039)"
            )
        if self.rearm_left < 1:
            self.errors.append("SYSPRP RunExternalDlls: the rearm count is used up (0xC004D307)")
        return bool(self.appx) or any(volume.protected for volume in self.volumes) or self.rearm_left < 1


def set_up(pc: SimulatedPC) -> None:
    """Make a generalised Windows one of its own at its first start: name, SID, update client id; same domain."""
    pc.installation += 1
    pc.sysprep.image_state = COMPLETE
    pc.computer.computer_name = pc.name.upper()
    activation = pc.identity.activation
    pc.identity = fresh(pc.name, pc.installation, joined=bool(pc.computer.domain))
    pc.identity.activation = activation
    pc.note(What.SET_UP)
