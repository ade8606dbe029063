# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a seat of a computer room has the image that it was to get: what it says of itself, and the verdict."""

from __future__ import annotations
