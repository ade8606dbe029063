# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The patrol: rounds of probe, ask, plan, act and record over a fleet."""

from __future__ import annotations
