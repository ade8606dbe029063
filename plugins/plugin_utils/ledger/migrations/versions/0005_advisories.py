# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What advisories need in the ledger: documents, their facts, the history of imports, and the advice that follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)
ID = sa.String(length=255)
WORD = sa.String(length=32)
TITLE = sa.String(length=400)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "advisory_documents",
        sa.Column("id", ID, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revised", INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_documents")),
    )
    op.create_table(
        "advisory_imports",
        sa.Column("id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("document", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("revised", INSTANT, nullable=False),
        sa.Column("facts", sa.Integer(), nullable=False),
        sa.Column("kbs", sa.Integer(), nullable=False),
        _of_document("advisory_imports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advisory_imports")),
    )
    op.create_index(op.f("ix_advisory_imports_document"), "advisory_imports", ["document"], unique=False)
    op.create_table(
        "advisory_cves",
        sa.Column("document", ID, nullable=False),
        sa.Column("cve", WORD, nullable=False),
        sa.Column("title", TITLE, nullable=False),
        sa.Column("severity", WORD),
        sa.Column("exploited", sa.Boolean(), nullable=False),
        sa.Column("disclosed", sa.Boolean(), nullable=False),
        _of_document("advisory_cves"),
        sa.PrimaryKeyConstraint("document", "cve", name=op.f("pk_advisory_cves")),
    )
    op.create_index(op.f("ix_advisory_cves_cve"), "advisory_cves", ["cve"], unique=False)
    op.create_table(
        "advisory_fixes",
        sa.Column("document", ID, nullable=False),
        sa.Column("kb", WORD, nullable=False),
        sa.Column("product", TITLE, nullable=False),
        sa.Column("severity", WORD),
        sa.Column("cves", sa.JSON(), nullable=False),
        sa.Column("restart", sa.Boolean()),
        sa.Column("supersedes", sa.JSON(), nullable=False),
        sa.Column("builds", sa.JSON(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        _of_document("advisory_fixes"),
        sa.PrimaryKeyConstraint("document", "kb", "product", name=op.f("pk_advisory_fixes")),
    )
    op.create_index(op.f("ix_advisory_fixes_kb"), "advisory_fixes", ["kb"], unique=False)
    op.create_table(
        "exploited_cves",
        sa.Column("cve", WORD, nullable=False),
        sa.Column("vendor", TITLE, nullable=False),
        sa.Column("product", TITLE, nullable=False),
        sa.Column("name", TITLE, nullable=False),
        sa.Column("added", sa.Date()),
        sa.Column("due", sa.Date()),
        sa.Column("ransomware", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("cve", name=op.f("pk_exploited_cves")),
    )
    op.create_table(
        "advice",
        sa.Column("kb", WORD, nullable=False),
        sa.Column("system", WORD, nullable=False),
        sa.Column("severity", WORD),
        sa.Column("cves", sa.JSON(), nullable=False),
        sa.Column("exploited_since", INSTANT),
        sa.Column("due", INSTANT),
        sa.Column("restart_required", sa.Boolean()),
        sa.Column("supersedes", sa.JSON(), nullable=False),
        sa.Column("bulletin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kb", "system", name=op.f("pk_advice")),
    )


def _of_document(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["document"], ["advisory_documents.id"], name=op.f(f"fk_{table}_document"))
