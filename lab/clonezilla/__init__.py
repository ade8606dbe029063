# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stand-in for Clonezilla SE on a DRBL server: a folder that looks like one, programs in it, and PCs that boot.

The programs are processes of their own, found and killed as the real ones are. They write what the real ones of
Debian's drbl 5.2.7 and clonezilla 5.3.17 write, faults included, and move no disk blocks. Standard library only: they
start often.
"""
