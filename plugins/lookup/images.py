# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalogue's images, as the policy of rooms takes them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: images
author: Nightshift contributors (@nightshift)
short_description: The published images of the catalogue, for the policy of rooms
version_added: 0.1.0
description:
  - Gives what C(nightshift_cloning.images) takes, from the file that M(nightshift.fleet.image_catalogue) keeps.
options:
  _terms:
    description: The file, by default C(.nightshift/images.json) beside the inventory.
  candidates:
    description: Whether captured versions that are not published yet are given too, so that a room can test them.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: The settings of the rooms
  ansible.builtin.set_fact:
    nightshift_cloning:
      image: classroom-3
      images: "{{ lookup('nightshift.fleet.images', candidates=true) }}"
"""

RETURN = r"""
_raw:
  description: Image to what a seat with it must show.
  type: list
  elements: dict
"""

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.catalogue_file import policy_images, read
from ansible_collections.nightshift.fleet.plugins.plugin_utils.golden.model import ImageError


class LookupModule(LookupBase):
    """Read the catalogue."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[Any]:
        """Return one mapping for each file."""
        self.set_options(var_options=variables, direct=kwargs)
        folder = Path((variables or {}).get("inventory_dir") or ".").resolve()
        paths = [Path(term) for term in terms] or [folder / ".nightshift" / "images.json"]
        try:
            return [dict(policy_images(read(path), candidates=bool(self.get_option("candidates")))) for path in paths]
        except ImageError as wrong:
            raise AnsibleLookupError(str(wrong)) from wrong
