# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vendors and authorities publish about updates: read from their documents, never trusted further than needed.

    found = read_document(content, Limits())    # a Bulletin, a Catalogue, or one AdvisoryError

Documents come from outside. Nothing but AdvisoryError leaves this folder, whatever is in them (docs/advisories.md).
"""

from __future__ import annotations

from .limits import Limits
from .problem import AdvisoryError
from .read import read_document
from .values import Bulletin, Catalogue, CveFact, ExploitedCve, Fix

__all__ = [
    "AdvisoryError",
    "Bulletin",
    "Catalogue",
    "CveFact",
    "ExploitedCve",
    "Fix",
    "Limits",
    "read_document",
]
