# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine that drives a FOG server (dialects 1.5 and 1.6) through its REST API."""

from __future__ import annotations
