# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulated Windows PC: its updates, jobs, restarts, users, power switch and faults."""

from __future__ import annotations
