# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A dead man's switch for what an imaging server has armed: what is played when the controller of a job is gone."""

from __future__ import annotations
