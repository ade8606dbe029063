# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An AWX on loopback that judges every request by the rules of AWX 24.6.1 and runs nothing but what it is told to."""
