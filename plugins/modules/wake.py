#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: wake
short_description: Wake PCs over the network
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Sends Wake-on-LAN packets for many PCs in one task, to the directed broadcast of each one's network, several times.
  - A packet is not answered. Whether a PC woke shows only when it answers itself.
  - Where routers do not let directed broadcasts through, delegate the task to a relay, and give V(255.255.255.255) as
    O(network). A relay is any host in the network of the PCs that has Python.
requirements:
  - python >= 3.11
  - wakeonlan >= 4 (Python library, where the task runs)
options:
  targets:
    description: The PCs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the PC, for messages and the result.
        type: str
        required: true
      mac:
        description: MAC of its network card.
        type: str
        required: true
      network:
        description: Its network, where that is not O(network).
        type: str
  network:
    description:
      - The network of the PCs, as V(10.12.0.0/24); packets go to its last address.
      - V(255.255.255.255) stands for the network that the sender is in itself.
    type: str
  port:
    description: UDP port.
    type: int
    default: 9
  packets:
    description: How often each PC is sent a packet, 1 to 20.
    type: int
    default: 3
  interval:
    description: Seconds between two rounds of packets, up to 60.
    type: float
    default: 1.0
  interface:
    description: The sender's own address in the network, where it has several.
    type: str
attributes:
  check_mode:
    description: Can run in check mode and return what would be done.
    support: full
  diff_mode:
    description: Returns details of what has changed.
    support: none
"""

EXAMPLES = r"""
- name: Wake a room through a router that lets directed broadcasts through
  nightshift.fleet.wake:
    network: 10.12.0.0/24
    targets:
      - {name: b12-pc01, mac: '52:54:00:77:12:01'}
      - {name: b12-pc02, mac: '52:54:00:77:12:02'}
  delegate_to: localhost

- name: Wake a room through a relay in its own network
  nightshift.fleet.wake:
    network: 255.255.255.255
    interface: 10.12.0.2
    targets:
      - {name: b12-pc01, mac: '52:54:00:77:12:01'}
  delegate_to: relay-b12
"""

RETURN = r"""
sent:
  description: What was, or in check mode would be, sent.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the PC.
      returned: success
      type: str
    mac:
      description: Its MAC, in lower case with colons.
      returned: success
      type: str
    broadcast:
      description: The address that its packets go to.
      returned: success
      type: str
  sample:
    - {name: b12-pc01, mac: '52:54:00:77:12:01', broadcast: 10.12.0.255}
"""

import time
import traceback
from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.nightshift.fleet.plugins.module_utils.wake_packets import WakeError, target, wake

try:
    import wakeonlan
except ImportError:
    HAS_WAKEONLAN = False
    WHY_NOT = traceback.format_exc()
else:
    HAS_WAKEONLAN = hasattr(wakeonlan, "wake")  # versions before 4 call it otherwise
    WHY_NOT = ""

MOST_PACKETS = 20
LONGEST_INTERVAL = 60.0


def main() -> None:
    """Send the packets."""
    pc = {
        "name": {"type": "str", "required": True},
        "mac": {"type": "str", "required": True},
        "network": {"type": "str"},
    }
    module = AnsibleModule(
        argument_spec={
            "targets": {"type": "list", "elements": "dict", "options": pc, "required": True},
            "network": {"type": "str"},
            "port": {"type": "int", "default": 9},
            "packets": {"type": "int", "default": 3},
            "interval": {"type": "float", "default": 1.0},
            "interface": {"type": "str"},
        },
        supports_check_mode=True,
    )
    params = module.params
    if not 1 <= params["packets"] <= MOST_PACKETS:
        module.fail_json(msg=f"packets: {params['packets']} is out of range; use 1 to {MOST_PACKETS}")
    if not 0 <= params["interval"] <= LONGEST_INTERVAL:
        module.fail_json(msg=f"interval: {params['interval']} is out of range; use 0 to {LONGEST_INTERVAL:.0f} seconds")
    if not 1 <= params["port"] <= 65535:
        module.fail_json(msg=f"port: {params['port']} is no UDP port; use 1 to 65535")
    if not HAS_WAKEONLAN:
        module.fail_json(msg=missing_required_lib("wakeonlan >= 4"), exception=WHY_NOT)
    try:
        targets = [
            target(one["name"], one["mac"], one["network"] or params["network"] or "") for one in params["targets"]
        ]
        if not module.check_mode:
            wake(
                targets,
                send=wakeonlan.wake,
                pause=lambda: time.sleep(params["interval"]),
                port=params["port"],
                packets=params["packets"],
                interface=params["interface"],
            )
    except WakeError as problem:
        module.fail_json(msg=str(problem))
    except OSError as problem:
        module.fail_json(msg=f"no packet could be sent to the network: {problem}; use a relay that is in it")
    module.exit_json(changed=bool(targets), sent=[asdict(one) for one in targets])


if __name__ == "__main__":
    main()
