# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Samba Active Directory domain controller of Debian's packages: LDAP and LDAPS on one loopback address, no more.

``scripts/services samba_ad`` installs the packages where that is possible. Root serves: the ports are 389 and 636. The
address is this process' own, so that two test runs do not meet.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.tls import LabAuthority, ServerIdentity

REALM = "EXAMPLE.ORG"
BASE = "DC=example,DC=org"
HOST = "dc1.example.org"
USER = "Administrator@EXAMPLE.ORG"
PASSWORD = "Winter-is-2026!"
PROGRAMS = ("samba", "samba-tool", "ldbadd")
PROVISION = Path("/usr/share/samba/setup/provision.ldif")
_OPTIONS = """\
[global]
    interfaces = {address}/8
    bind interfaces only = yes
    log file = {folder}/log.samba
    log level = 1
    logging = file
    pid directory = {folder}/run
    ncalrpc dir = {folder}/run/ncalrpc
    winbindd socket directory = {folder}/run/winbindd
    ntp signd socket directory = {folder}/run/ntp
    usershare max shares = 0
    load printers = no
"""
_SERVED = """\
    netbios name = DC1
    realm = EXAMPLE.ORG
    workgroup = EXAMPLE
    server role = active directory domain controller
    server services = ldap
    private dir = {folder}/dc/private
    state directory = {folder}/dc/state
    cache directory = {folder}/dc/cache
    lock directory = {folder}/dc
    tls enabled = yes
    tls keyfile = {folder}/tls/key.pem
    tls certfile = {folder}/tls/certificate.pem
    tls cafile = {folder}/tls/ca.pem
"""


def missing() -> str:
    """Say why no domain controller can be started here; empty when one can."""
    for program in PROGRAMS:
        if shutil.which(program, path=_PATH) is None:
            return f"no Samba here: there is no {program}; scripts/services samba_ad installs it (Debian, root)"
    if not PROVISION.exists():
        return "no Samba here: samba-ad-provision is missing; scripts/services samba_ad installs it (Debian, root)"
    if os.getuid() != 0:
        return "a domain controller serves the ports 389 and 636: only root can start one"
    return ""


@dataclass(frozen=True, slots=True)
class Directory:
    """One that runs. ``address``: of its LDAP and LDAPS; ``ca``: the authority of its certificate (for the address)."""

    address: str
    ca: Path

    def variables(self) -> dict[str, str]:
        """Return the environment by which microsoft.ad.ldap finds it: LDAPS with the certificate verified."""
        return {
            "MICROSOFT_AD_LDAP_SERVER": self.address,
            "MICROSOFT_AD_LDAP_CA_CERT": str(self.ca),
            "MICROSOFT_AD_LDAP_USERNAME": USER,
            "MICROSOFT_AD_LDAP_PASSWORD": PASSWORD,
        }


@contextmanager
def domain_controller(folder: Path, entries: str) -> Iterator[Directory]:
    """Provision one in ``folder`` with the entries of an LDIF text, serve it, and end it, by its process id."""
    address = f"127.{89 + os.getpid() % 90}.{os.getpid() >> 8 & 255}.{1 + os.getpid() % 250}"
    options = _OPTIONS.format(folder=folder, address=address)
    for name in ("run", "tls"):
        (folder / name).mkdir()
    (folder / "provision.conf").write_text(options, encoding="utf-8")
    _call(
        folder,
        "samba-tool", "domain", "provision", f"--configfile={folder}/provision.conf", f"--realm={REALM}",
        "--domain=EXAMPLE", "--server-role=dc", "--dns-backend=NONE", f"--targetdir={folder}/dc", "--host-name=dc1",
        f"--host-ip={address}", f"--adminpass={PASSWORD}",
    )  # fmt: skip
    (folder / "served.conf").write_text(options + _SERVED.format(folder=folder), encoding="utf-8")
    (folder / "entries.ldif").write_text(entries, encoding="utf-8")
    database = f"{folder}/dc/private/sam.ldb"
    _call(folder, "ldbadd", f"--configfile={folder}/served.conf", "-H", database, f"{folder}/entries.ldif")
    ca = _certificate(folder / "tls", address)
    with (folder / "samba.log").open("wb") as log:
        process = subprocess.Popen(
            [*_with_us(), "samba", f"--configfile={folder}/served.conf", "--foreground", "--no-process-group",
             "--model=single", "--debug-stdout"],
            cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait(address, process, folder / "samba.log")
        yield Directory(address, ca)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@contextmanager
def in_memory(entries: str) -> Iterator[Directory]:
    """Serve one from a folder in memory."""
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="nightshift-ad-", dir=parent) as name,
        domain_controller(Path(name), entries) as running,
    ):
        yield running


_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _certificate(folder: Path, address: str) -> Path:
    """Make an authority, and a certificate of it for the address; return the authority's."""
    now = datetime.now(UTC)
    authority = LabAuthority.in_folder(folder, now)
    whole = authority.issue(ServerIdentity(HOST, [HOST], [address]), now).decode()
    key = folder / "key.pem"
    key.touch(0o600)
    mark = "-----BEGIN PRIVATE KEY-----"
    before, _mark, after = whole.partition(mark)
    private, _end, rest = after.partition("-----END PRIVATE KEY-----\n")
    key.write_text(f"{mark}{private}-----END PRIVATE KEY-----\n", encoding="ascii")
    (folder / "certificate.pem").write_text(before + rest, encoding="ascii")
    return authority.certificate_path


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": _PATH, "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}


def _call(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])}: {done.stdout[-1500:]}{done.stderr[-1500:]}")


def _with_us() -> list[str]:
    """Return the program before the server's that has the kernel end it when this process is killed."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM"] if program else []


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection((address, 636), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Samba did not start: {log.read_text(errors='replace')[-2000:]}")
