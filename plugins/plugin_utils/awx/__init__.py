# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy's windows as schedules of AWX. Nothing here speaks to AWX: that is the collection awx.awx."""
