# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What vendors and authorities published: the documents, their facts, and the advice that follows from all of them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Text

from .columns import UtcDateTime
from .tables import BIG, ID, ROW_ID, WORD, metadata

TITLE = String(400)  # what advisories/parts.py lets through at most


def _document() -> Column[str]:
    return Column("document", ID, ForeignKey("advisory_documents.id"), primary_key=True)


advisory_documents = sa.Table(  # a month of the update guide, or the catalogue of exploited vulnerabilities
    "advisory_documents",
    metadata,
    Column("id", ID, primary_key=True),
    Column("title", Text, nullable=False),
    Column("revised", UtcDateTime, nullable=False),  # by its publisher
    Column("source", Text, nullable=False),  # the address or file that it was read from last
    Column("digest", String(64), nullable=False),  # SHA-256 of what was read then
    Column("reader", Integer, nullable=False),  # which version of our reader read it
    Column("etag", Text, nullable=False),
    Column("last_modified", Text, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),  # when its facts last changed here
    Column("checked_at", UtcDateTime, nullable=False),  # when its source was last seen to have nothing newer
)

advisory_imports = sa.Table(  # every import that changed something
    "advisory_imports",
    metadata,
    Column("id", ROW_ID, primary_key=True, autoincrement=True),
    Column("document", ID, ForeignKey("advisory_documents.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", BIG, nullable=False),
    Column("revised", UtcDateTime, nullable=False),
    Column("facts", Integer, nullable=False),  # facts of the document that are new, gone or different
    Column("kbs", Integer, nullable=False),  # KBs whose advice is new, gone or different
    Index(None, "document"),
)

advisory_cves = sa.Table(
    "advisory_cves",
    metadata,
    _document(),
    Column("cve", WORD, primary_key=True),
    Column("title", TITLE, nullable=False),
    Column("severity", WORD),
    Column("exploited", Boolean, nullable=False),
    Column("disclosed", Boolean, nullable=False),
    Index(None, "cve"),
)

advisory_fixes = sa.Table(  # what a document says of a KB on a product
    "advisory_fixes",
    metadata,
    _document(),
    Column("kb", WORD, primary_key=True),
    Column("product", TITLE, primary_key=True),
    Column("severity", WORD),
    Column("cves", sa.JSON, nullable=False),
    Column("restart", Boolean),
    Column("supersedes", sa.JSON, nullable=False),
    Column("builds", sa.JSON, nullable=False),
    Column("url", Text, nullable=False),
    Index(None, "kb"),
)

exploited_cves = sa.Table(  # the catalogue of known exploited vulnerabilities
    "exploited_cves",
    metadata,
    Column("cve", WORD, primary_key=True),
    Column("vendor", TITLE, nullable=False),
    Column("product", TITLE, nullable=False),
    Column("name", TITLE, nullable=False),
    Column("added", Date),
    Column("due", Date),
    Column("ransomware", Boolean, nullable=False),
)

advice = sa.Table(  # what follows from all of them for a KB on one Windows ("26100/client"), or on any ("")
    "advice",
    metadata,
    Column("kb", WORD, primary_key=True),
    Column("system", WORD, primary_key=True),
    Column("severity", WORD),
    Column("cves", sa.JSON, nullable=False),
    Column("exploited_since", UtcDateTime),  # when the ledger learned that one of them is; NULL: none is
    Column("due", UtcDateTime),
    Column("restart_required", Boolean),
    Column("supersedes", sa.JSON, nullable=False),  # directly and through others
    Column("bulletin", Text, nullable=False),
)
