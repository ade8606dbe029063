# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``image_manifest`` as Ansible runs it: one bit of an image that changes is found."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.manifest import ManifestError, read_folder

from tests.modules import run_module


class Store:
    """A folder of images, and where manifests are kept."""

    def __init__(self, folder: Path) -> None:
        self.image = folder / "images" / "classroom-3"
        self.manifest = folder / "manifests" / "classroom-3.sha256"
        (self.image / "parts").mkdir(parents=True)
        (self.image / "d1p1.img").write_bytes(b"boot" * 5000)
        (self.image / "parts" / "d1p2.img").write_bytes(b"windows" * 5000)

    def run(self, state: str = "present", check: bool = False, **options: Any) -> dict[str, Any]:
        args = {"state": state, "folder": str(self.image), "path": str(self.manifest), **options}
        return run_module("image_manifest", args, check=check, timeout=60)

    def as_sha256sum_says(self) -> bool:
        """Whether the system's own tool finds the manifest true."""
        command = ["sha256sum", "--check", "--strict", "--quiet", str(self.manifest)]
        return subprocess.run(command, cwd=self.image, capture_output=True, check=False).returncode == 0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_manifest_is_one_that_sha256sum_can_check(store: Store) -> None:
    written = store.run()
    assert (written["changed"], written["files"], written["size"]) == (True, 2, 55000)
    assert store.as_sha256sum_says()
    assert not store.run()["changed"]
    assert store.run("verified")["checksum"] == written["checksum"]


def test_one_bit_that_changed_is_found(store: Store) -> None:
    store.run()
    content = bytearray((store.image / "d1p1.img").read_bytes())
    content[777] ^= 1
    (store.image / "d1p1.img").write_bytes(content)
    told = store.run("verified")
    assert told["failed"]
    assert told["differences"] == ["d1p1.img has another content"]


def test_files_that_are_missing_or_new_are_named(store: Store) -> None:
    store.run()
    (store.image / "d1p1.img").rename(store.image / "d1p9.img")
    assert store.run("verified")["differences"] == ["d1p1.img is missing", "d1p9.img is new"]


def test_a_manifest_is_not_overwritten_unless_that_is_said(store: Store) -> None:
    first = store.run()
    (store.image / "d1p1.img").write_bytes(b"another")
    assert store.run()["failed"]
    assert not store.as_sha256sum_says()
    replaced = store.run(replace=True)
    assert replaced["changed"]
    assert replaced["checksum"] != first["checksum"]
    assert store.as_sha256sum_says()


def test_check_mode_writes_nothing(store: Store) -> None:
    assert store.run(check=True)["changed"]
    assert not store.manifest.exists()


def test_nothing_is_verified_without_a_manifest(store: Store) -> None:
    assert "there is no manifest" in store.run("verified")["msg"]


def test_a_manifest_inside_the_image_is_refused(store: Store) -> None:
    assert "lies in the image's folder" in store.run(path=str(store.image / "list.sha256"))["msg"]


def test_an_empty_folder_and_a_link_are_no_image(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="there is no file"):
        read_folder(tmp_path)
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(ManifestError, match="it is a link"):
        read_folder(tmp_path)
