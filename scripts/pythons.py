# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the Pythons of this machine that the newest supported ansible-core runs on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which

VERSIONS = ("3.13", "3.12")


def newest_supported() -> Path | None:
    """Return the newest Python of ``VERSIONS`` that runs and can make virtual environments, or None."""
    for version in VERSIONS:
        for candidate in _candidates(version):
            if _usable(candidate, version):
                return candidate
    return None


def _candidates(version: str) -> Iterator[Path]:
    """Yield interpreters of the version: on the PATH, then those that pyenv keeps."""
    found = which(f"python{version}")
    if found:
        yield Path(found)
    yield from sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python{version}"), reverse=True)


def _usable(python: Path, version: str) -> bool:
    """Whether it runs (a pyenv shim may exist and not run), is the version it says, and has venv and ensurepip."""
    check = f"import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    try:
        done = subprocess.run([python, "-c", check], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
