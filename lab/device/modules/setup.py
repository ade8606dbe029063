# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The facts module: a small, true set about a simulated PC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import forms
from ..arguments import Option
from ..pc import SimulatedPC

SPEC = {
    "gather_subset": Option("list", ["all"], elements="str"),
    "gather_timeout": Option("int", 10),
    "fact_path": Option("path"),
    "filter": Option("list", [], elements="str"),
}


async def run(pc: SimulatedPC, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Return the facts, whatever the subset."""
    computer = pc.computer
    server = computer.edition.startswith("Server")
    generation = "Server" if server else "11" if computer.build >= 22000 else "10"
    domain = computer.domain
    facts = {
        "ansible_architecture": "64-bit",
        "ansible_architecture2": "x86_64",
        "ansible_distribution": f"Microsoft Windows {generation} {computer.edition}",
        "ansible_distribution_major_version": "10",
        "ansible_distribution_version": f"10.0.{computer.build}.0",
        "ansible_domain": domain,
        "ansible_fqdn": f"{computer.computer_name}.{domain}" if domain else computer.computer_name,
        "ansible_hostname": computer.computer_name,
        "ansible_ip_addresses": [pc.address],
        "ansible_kernel": f"10.0.{computer.build}.{computer.ubr}",
        "ansible_lastboot": forms.instant(pc, computer.boot_time),
        "ansible_nodename": computer.computer_name,
        "ansible_os_family": "Windows",
        "ansible_os_installation_type": "Server" if server else "Client",
        "ansible_os_product_type": "server" if server else "workstation",
        "ansible_powershell_version": 5,
        "ansible_product_name": computer.model,
        "ansible_reboot_pending": pc.pending.required,
        "ansible_system": "Win32NT",
        "ansible_system_vendor": computer.manufacturer,
        "ansible_uptime_seconds": int((pc.at - computer.boot_time).total_seconds()),
        "ansible_windows_domain": domain or "WORKGROUP",
        "ansible_windows_domain_member": bool(domain),
        "gather_subset": params["gather_subset"],
        "module_setup": True,
    }
    return {"changed": False, "ansible_facts": facts}
