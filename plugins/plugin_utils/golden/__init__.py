# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The golden image: which versions there are, how far the next one is, and whether its reference PC is ready."""

from __future__ import annotations
