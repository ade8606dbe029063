# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run that gives a computer room its image: what comes next, what a seat's verdict is, and what people are told."""

from __future__ import annotations
