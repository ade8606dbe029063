# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run ansible-test sanity on an installed copy of the collection, without any site but pip's package index.

Usage: sanity.py [--only-its-own]   with it, what the linters of make test say already is left out.

ansible-test passes neither pip's environment variables nor the user's pip configuration on when HOME differs, and
fetches a script that installs pip. Here it gets a home of its own (.cache/sanity/home) with pip's configuration as
it is in force, and with such a script that lets the pip of this environment do the work.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CACHE = ROOT / ".cache" / "sanity"
COPY = CACHE / "ansible_collections" / "nightshift" / "fleet"
HOME = CACHE / "home"
LOG = CACHE / "log.txt"
TOLD = ("ERROR", "WARNING: Skipping", "FATAL", "Running sanity test", "See documentation")
SKIPPED = (
    "import",  # wants every plugin to load without the libraries of requirements.txt, which the controller has
    "validate-modules",  # wants PowerShell as soon as there is a .ps1 module; runs on the others alone, below
)
OF_LINTERS = ("ansible-doc", "changelog", "pep8", "pylint", "yamllint")  # antsibull, ruff and yamllint say them too
GET_PIP = """\
import subprocess, sys
packages = [word for word in sys.argv[1:] if "==" in word]
pip = [{python!r}, "-m", "pip", "--python", sys.executable, "install", "--quiet", "--disable-pip-version-check"]
sys.exit(subprocess.call(pip + packages))
"""


def command(*words: str, cwd: Path = COPY) -> int:
    """Run a tool of this environment; log all that it says, show what matters, return its exit code."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, "PATH": path, "HOME": str(HOME), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    with LOG.open("a", encoding="utf-8") as log:
        log.write(done.stdout)
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith(TOLD)), flush=True)
    return done.returncode


def write_pip_configuration() -> None:
    """Write the configuration that pip has now, from its files and from PIP_ variables, into the home."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    sections: dict[str, dict[str, str]] = {}
    for line in listing.splitlines():
        name, _equals, value = line.partition("=")
        section, _dot, key = name.rpartition(".")
        sections.setdefault("global" if section == ":env:" else section, {})[key] = ast.literal_eval(value)
    lines = []
    for section, pairs in sections.items():
        lines += [f"[{section}]", *(f"{key} = {' '.join(value.split())}" for key, value in pairs.items())]
    file = HOME / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_get_pip() -> None:
    """Write the script that ansible-test would fetch, for each version of pip that it may ask for."""
    spec = find_spec("ansible_test")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("sanity: ansible-test is not part of this environment; remove .venv and run make again")
    source = Path(spec.submodule_search_locations[0], "_internal", "python_requirements.py").read_text("utf-8")
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"""\bpip['"]?\s*[=:]\s*['"]([0-9.]+)['"]""", source)):
        name = f"get_pip_{version.replace('.', '_')}.py"
        (cache / name).write_text(GET_PIP.format(python=sys.executable), encoding="utf-8")


def install_copy() -> None:
    """Install the collection, which must be a real folder in a git repository for ansible-test to look at it."""
    shutil.rmtree(COPY, ignore_errors=True)
    if command("ansible-galaxy", "collection", "install", str(ROOT), "-p", str(CACHE), "--force", cwd=CACHE):
        sys.exit("sanity: the collection could not be installed")
    ignores = ROOT / "tests" / "sanity"
    if ignores.is_dir():
        shutil.copytree(ignores, COPY / "tests" / "sanity")
    if command("git", "init", "--quiet") or command("git", "add", "--all"):
        sys.exit("sanity: git is needed; install it (Debian: apt-get install git)")


def main(only_its_own: bool) -> int:
    """Return 0 when every sanity test passes."""
    CACHE.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    write_pip_configuration()
    write_get_pip()
    install_copy()
    version = "{}.{}".format(*sys.version_info[:2])
    test = ("ansible-test", "sanity", "--color", "no", "--python", version)
    skipped = (*SKIPPED, *(OF_LINTERS if only_its_own else ()))
    codes = [command(*test, *(word for name in skipped for word in ("--skip-test", name)))]
    modules = sorted(str(file.relative_to(COPY)) for file in (COPY / "plugins" / "modules").glob("*.py"))
    if modules:
        codes.append(command(*test, "--test", "validate-modules", *modules))
    left_out = [name for name in skipped if name != "validate-modules"]
    print(f"sanity: left out: {', '.join(left_out)}, and validate-modules of .ps1 files; log: {LOG.relative_to(ROOT)}")
    if only_its_own:
        print("sanity: make sanity runs all but import")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main("--only-its-own" in sys.argv[1:]))
