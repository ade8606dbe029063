# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts about AWX 24.6.1 in ``fields.yml`` and ``kinds.yml``, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

VERSION = "24.6.1"
_FOLDER = Path(__file__).parent
_KEYS = {  # the kind that an id is of, where the name of its field is not the word for one of them
    "default_environment": "execution_environments",
    "source_project": "projects",
    "credential": "credentials",
    "signature_validation_credential": "credentials",
    "webhook_credential": "credentials",
    "unified_job_template": "unified_job_templates",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a request may have. ``default``: None also where there is none."""

    name: str
    type: str
    required: bool = False
    choices: tuple[Any, ...] = ()
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    default: Any = None
    write_only: bool = False
    target: str = ""  # kind of an id


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of objects, as ``job_templates``. ``one``: the word for one of them."""

    name: str
    one: str
    fields: Mapping[str, Field]
    shown: Mapping[str, Any]
    roles: tuple[str, ...]
    associations: Mapping[str, str]
    within: tuple[str, ...]
    unified: bool = False

    @property
    def identity(self) -> str:
        """The field by which people name an object of this kind."""
        return {"users": "username", "workflow_job_template_nodes": "identifier"}.get(self.name, "name")


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its name."""
    known = yaml.safe_load((_FOLDER / "kinds.yml").read_text(encoding="utf-8"))
    fields = yaml.safe_load((_FOLDER / "fields.yml").read_text(encoding="utf-8"))
    singular = {kind["one"]: name for name, kind in known.items()}
    found = {}
    for name, kind in known.items():
        taken = {}
        for field, said in fields[name].items():
            target = (_KEYS.get(field) or singular[field]) if said["type"] == "id" else ""
            choices = tuple(said.pop("choices", ()))
            taken[field] = Field(field, choices=choices, target=target, **said)
        found[name] = Kind(
            name,
            kind["one"],
            taken,
            kind["shown"],
            tuple(kind["roles"]),
            kind["associations"],
            tuple(kind["within"]),
            bool(kind.get("unified")),
        )
    return found
