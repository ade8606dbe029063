# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the libraries that the ledger stands on are here, found out once at import."""

from __future__ import annotations

import traceback
from importlib.util import find_spec

try:
    import sqlalchemy
except ImportError:
    HAS_SQLALCHEMY = False
    SQLALCHEMY_TRACEBACK: str | None = traceback.format_exc()
else:
    HAS_SQLALCHEMY = bool(sqlalchemy.__version__)
    SQLALCHEMY_TRACEBACK = None

# Alembic is imported only when a schema is made or changed: it costs 0.1 s, and a patrol's workers never need it.
HAS_ALEMBIC = find_spec("alembic") is not None
