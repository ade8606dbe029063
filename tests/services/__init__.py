# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers that tests deliver to: real ones in a folder of their own, and stand-ins that check what they are asked."""
