# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program get-client-ip-list of the stand-in."""

from __future__ import annotations

from .tree import here


def main() -> int:
    """Print the addresses that DRBL serves."""
    print("\n".join(here().addresses()))
    return 0
