#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: image_manifest
short_description: Keep the checksums of an image's files, and compare them
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Reads every file of an image where the imaging server keeps it, and writes their SHA-256 to a file outside that
    folder, in the form of C(sha256sum).
  - With V(verified) the files are compared with what was written, and the module fails where they differ.
  - It reads the whole image, which takes as long as its disks need.
requirements:
  - python >= 3.11
options:
  state:
    description:
      - V(present) writes the manifest. One that is there and differs is not overwritten unless O(replace=true).
      - V(verified) compares and writes nothing.
    type: str
    choices: [present, verified]
    default: present
  folder:
    description: The image's folder, for example V(/images/classroom-3) of FOG or V(/home/partimag/classroom-3).
    type: path
    required: true
  path:
    description: The manifest. It must not lie in O(folder).
    type: path
    required: true
  replace:
    description: Whether a manifest that differs is replaced.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Reads everything and writes nothing.
  diff_mode:
    support: full
    description: Shows the manifest before and after.
  platform:
    platforms: posix
    support: full
    description: Runs on the server that has the image.
seealso:
  - module: nightshift.fleet.capture_image
"""

EXAMPLES = r"""
- name: Keep the checksums of a captured image
  nightshift.fleet.image_manifest:
    folder: /images/classroom-3
    path: /var/lib/nightshift/images/classroom-3.sha256
  delegate_to: fog.example.org

- name: Look whether the image is still the one that was published
  nightshift.fleet.image_manifest:
    state: verified
    folder: /images/classroom-3
    path: /var/lib/nightshift/images/classroom-3.sha256
  delegate_to: fog.example.org
"""

RETURN = r"""
checksum:
  description: The SHA-256 of the manifest, one for the whole image.
  returned: success
  type: str
files:
  description: How many files the image has.
  returned: success
  type: int
size:
  description: Bytes of all its files.
  returned: success
  type: int
differences:
  description: How the image differs from the manifest, a line for each file.
  returned: when it differs
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.imaging.manifest import ManifestError, read_folder, read_text, write_text


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "verified"], "default": "present"},
            "folder": {"type": "path", "required": True},
            "path": {"type": "path", "required": True},
            "replace": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    folder, path = Path(module.params["folder"]), Path(module.params["path"])
    if path.resolve().is_relative_to(folder.resolve()):
        module.fail_json(
            msg=f"path: {path} lies in the image's folder; keep the manifest where the image cannot take it along"
        )
    try:
        kept, found = read_text(path), read_folder(folder)
        told = {"checksum": found.checksum, "files": len(found.files), "size": found.size}
        differences = [] if kept is None else kept.differences(found)
        if module.params["state"] == "verified":
            if kept is None:
                module.fail_json(msg=f"{path}: there is no manifest; take state present when the image was captured")
            if differences:
                module.fail_json(
                    msg=f"{folder}: not the image of the manifest: {differences[0]}", differences=differences
                )
            module.exit_json(changed=False, **told)
        if differences and not module.params["replace"]:
            module.fail_json(
                msg=f"{path}: the manifest is there and the image differs: {differences[0]}; give the new version a "
                "name of its own, or set replace",
                differences=differences,
            )
        changed = kept is None or bool(differences)
        if changed and not module.check_mode:
            write_text(path, found)
    except ManifestError as error:
        module.fail_json(msg=str(error))
    diff = {
        "before_header": str(path),
        "after_header": str(path),
        "before": kept.text if kept else "",
        "after": found.text,
    }
    module.exit_json(changed=changed, diff=diff, **told)


if __name__ == "__main__":
    main()
