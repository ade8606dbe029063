# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A row of ``updates`` as the planner's value."""

from __future__ import annotations

from ..planner.model import RestartBehaviour, Severity, Update
from .portable import Row


def update_of(row: Row) -> Update:
    """The update that a row describes; whether it is downloaded is not in the row."""
    return Update(
        id=row["id"],
        revision=row["revision"],
        provider=row["provider"],
        title=row["title"],
        kbs=tuple(row["kbs"]),
        severity=Severity(row["severity"]) if row["severity"] else None,
        categories=tuple(row["categories"]),
        cves=tuple(row["cves"]),
        size=row["size"],
        restart=RestartBehaviour(row["restart"]),
        can_request_user_input=row["can_request_user_input"],
        supersedes=tuple(row["supersedes"]),
        released=row["released"],
        uninstallable=row["uninstallable"],
        vendor=row["vendor"],
        product=row["product"],
        installed_version=row["installed_version"],
        available_version=row["available_version"],
    )
