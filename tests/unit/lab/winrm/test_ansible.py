# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Unmodified Ansible, as an operator types it, against simulated devices."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.lab.winrm.running import RunningFleet

ANSIBLE = Path(sys.executable).parent / "ansible"
WAYS = {
    "basic over TLS": "ansible_winrm_transport=ssl",
    "NTLM over TLS": "ansible_winrm_transport=ntlm",
    "NTLM sealed over HTTP": "ansible_winrm_transport=ntlm ansible_port={plain}",
}


@pytest.mark.skipif(not ANSIBLE.exists(), reason=f"no ansible beside {sys.executable}")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_win_ping_answers_on_every_device(lab: RunningFleet, tmp_path: Path, way: str) -> None:
    pytest.importorskip("ansible_collections.ansible.windows")
    scheme = "http" if "{plain}" in way else "https"
    lines = [
        f"{pc.name} ansible_host={pc.address} ansible_user={pc.user} ansible_password='{pc.password}'"
        f" ansible_connection=winrm ansible_port={lab.tls_port} ansible_winrm_scheme={scheme}"
        f" ansible_winrm_ca_trust_path={lab.authority.certificate_path} {way.format(plain=lab.plain_port)}"
        for pc in lab.pcs.values()
    ]
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("\n".join(lines), encoding="utf-8")
    command = [str(ANSIBLE), "-i", str(inventory), "all", "-m", "ansible.windows.win_ping", "-a", "data=hello"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count('"ping": "hello"') == len(lab.pcs)
