# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulated fleet behind real protocols: WinRM endpoints, simulated Windows PCs, a virtual clock, ground truth."""

from __future__ import annotations
