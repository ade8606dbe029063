# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real updates: what Windows Update would offer, when, and what each does to a PC."""

from __future__ import annotations

from .catalogue import Catalogue, Kit
from .release import Product, Release

__all__ = ["Catalogue", "Kit", "Product", "Release"]
