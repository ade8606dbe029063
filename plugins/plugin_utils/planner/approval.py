# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a policy says about approvals (msp 2, enterprise 4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """Whether people must approve an update first, and how long it matures.

    ``follow_supersedence``: an update inherits the approval of one that it replaces, inside a product's chain.
    ``delay``: an update waits so long after its release; where approvals are required, after its approval.
    Holds and declines count whatever this says.
    """

    required: bool = False
    follow_supersedence: bool = False
    delay: timedelta = timedelta(0)


NO_VETTING = ApprovalPolicy()
