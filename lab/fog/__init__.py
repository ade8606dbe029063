# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A FOG server of the lab's own, in both dialects, with the quirks and dangers of the real ones, and PCs for it."""

from __future__ import annotations
