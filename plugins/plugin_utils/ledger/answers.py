# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The names by which devices answered."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from .tables import observations


def computer_names(conn: sa.Connection) -> dict[str, tuple[str, datetime]]:
    """Return the computer name in each device's last report, and the instant of it (UTC); "" where it told none."""
    rows = conn.execute(sa.select(observations.c.device, observations.c.facts, observations.c.at))
    return {device: (str((facts or {}).get("computer_name") or ""), at) for device, facts, at in rows}
