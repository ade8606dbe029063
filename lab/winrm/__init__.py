# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real WinRM (WS-Management over HTTP) in front of simulated devices."""

from __future__ import annotations

from lab.winrm.fleet import ListenError, WinRMFleet

__all__ = ["ListenError", "WinRMFleet"]
