# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The heart of Nightshift: what a device is owed, decided by pure functions.

Nothing here does I/O, reads a clock or imports Ansible. The only import from
outside this folder and the standard library is python-dateutil, in
``recurrence``, because recurrence rules (RFC 5545) are not ours to write.
"""

from __future__ import annotations
