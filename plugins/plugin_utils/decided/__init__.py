# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people decide in files beside the inventory: approvals, exceptions; and the emergency that a run declares.

Read and checked as a whole before anything runs: every problem of every file at once, one line each
(docs/approvals.md).
"""

from __future__ import annotations
