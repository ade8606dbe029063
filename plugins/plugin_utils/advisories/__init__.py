# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vendors and authorities publish about updates: read from their documents, never trusted further than needed.

    from .read import read_document

    found = read_document(content, Limits())    # a Bulletin, a Catalogue, or one AdvisoryError

Documents come from outside. Nothing but AdvisoryError leaves this folder, whatever is in them (docs/advisories.md).
"""

from __future__ import annotations
