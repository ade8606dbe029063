#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: reimage_room
short_description: Give the PCs of one computer room an image, through a server that can
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Drives an imaging server for one room; each O(state) is one step, and each may be repeated. A second run carries
    on with the job of the first and never starts it twice.
  - Arms exactly the seats of the room, proves it by reading back what the server holds, and undoes everything where
    that differs. Nothing else on the server is touched.
  - The server's word that a seat is done is a claim. No result of this module calls a seat done, this is found out on
    the seat itself.
  - Does not wake or restart any PC.
extends_documentation_fragment:
  - nightshift.fleet.imaging_server
options:
  state:
    description:
      - V(preflight) tells what forbids the job, and fails where something does.
      - V(started) arms the seats and starts the transfer.
      - V(progress) tells how far the job is.
      - V(cancelled) stops this job and no other. A seat that is being written is then interrupted.
      - V(verified) tells what the server's own records say of each seat.
      - V(finished) disarms what is left and removes the job from the server. Fails while a seat is being written.
    type: str
    choices: [preflight, started, progress, cancelled, verified, finished]
    required: true
  room:
    description: Name of the room.
    type: str
    required: true
  confirm_room:
    description: The name of the room once more; needed to start.
    type: str
  seats:
    description: All PCs of the room.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the PC.
        type: str
        required: true
      mac:
        description: MAC of the network card that it boots from.
        type: str
        required: true
      address:
        description: IPv4 address.
        type: str
        default: ''
  expected_hosts:
    description:
      - The names of all PCs that the register has in the room; needed to start. Where O(seats) are other ones, for
        example because of C(--limit), nothing is started.
    type: list
    elements: str
  image:
    description: Name of the image on the server.
    type: str
    required: true
  mode:
    description: Whether all seats get the image at once or each by itself.
    type: str
    choices: [multicast, unicast]
    default: multicast
  after:
    description: What a seat does when it has its image.
    type: str
    choices: [poweroff, reboot]
    default: poweroff
  wait_seconds:
    description:
      - How long a multicast waits for its last seat, with Clonezilla counted from the first seat. FOG has a setting of
        its own, this one is not used.
    type: int
    default: 600
  max_bitrate:
    description:
      - Limit of a multicast in bits per second. FOG has it as a setting of the storage node, Clonezilla in
        C(/etc/drbl/drbl-ocs.conf) as C(udp_sender_extra_opt_default); it must be low enough there.
    type: int
  job:
    description:
      - Id of the job, where it is kept elsewhere than in O(job_file); for example
        V(reimage-s12-20261121T220000Z-0a1b2c), with the room's name in small letters, a time, and six hexadecimal
        digits.
    type: str
attributes:
  check_mode:
    support: full
    description: Tells hosts, image and requests or commands, and takes nothing that changes anything.
"""

EXAMPLES = r"""
- name: Arm the room
  nightshift.fleet.reimage_room:
    state: started
    room: S12
    confirm_room: S12
    seats:
      - {name: S12-PC01, mac: '52:54:00:77:12:01'}
      - {name: S12-PC02, mac: '52:54:00:77:12:02'}
    expected_hosts: [S12-PC01, S12-PC02]
    image: room-2026-winter
    job_file: /var/lib/nightshift/S12.job
    engine: fog
    fog:
      url: https://fog.example.org/fog
      api_token: '{{ vault_fog_api_token }}'
      user_token: '{{ vault_fog_user_token }}'
  delegate_to: localhost
  run_once: true

- name: Arm the room on a DRBL server
  nightshift.fleet.reimage_room:
    state: started
    room: S12
    confirm_room: S12
    seats:
      - {name: S12-PC01, mac: '52:54:00:77:12:01', address: 10.77.0.80}
      - {name: S12-PC02, mac: '52:54:00:77:12:02', address: 10.77.0.81}
    expected_hosts: [S12-PC01, S12-PC02]
    image: room-2026-winter
    max_bitrate: 150000000
    job_file: /var/lib/nightshift/S12.job
    engine: clonezilla
    clonezilla:
      interface: eth1
  delegate_to: drbl.example.org
  run_once: true
"""

RETURN = r"""
job:
  description: Id of the job; empty where none is open.
  returned: success
  type: str
hosts:
  description: The seats that the job is about.
  returned: success
  type: list
  elements: str
image:
  description: The image.
  returned: success
  type: str
requests:
  description: What was, or in check mode would be, asked of the server or done on it.
  returned: success
  type: list
  elements: str
problems:
  description: What forbids the job.
  returned: when O(state=preflight), and on failure
  type: list
  elements: dict
  contains:
    seat:
      description: The seat, empty where it is about the server, the image or the room.
      type: str
      returned: success
    what:
      description: What is wrong, and what to do.
      type: str
      returned: success
seats:
  description: How far each seat is, as the server claims.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
      returned: success
    claim:
      description: One of armed, started, done, failed, cancelled, interrupted, unknown.
      type: str
      returned: success
    verdict:
      description: One of failed, absent, timeout, interrupted, unverified. It is never done.
      type: str
      returned: when O(state=verified)
    percent:
      description: 0 to 100.
      type: float
      returned: success
    rate:
      description: As the server writes it.
      type: str
      returned: success
    remaining:
      description: As the server writes it.
      type: str
      returned: success
    since:
      description: When it checked in, UTC; empty where that is not known.
      type: str
      returned: success
    detail:
      description: More, for people.
      type: str
      returned: success
percent:
  description: How far the room is, 0 to 100.
  returned: when O(state) is V(progress) or V(cancelled)
  type: float
remaining:
  description: What remains for the slowest seat.
  returned: when O(state) is V(progress) or V(cancelled)
  type: str
closed:
  description: Whether nothing of the job runs or waits on the server any more.
  returned: when O(state) is V(progress) or V(cancelled)
  type: bool
joined:
  description: How many seats have checked in.
  returned: when O(state) is V(progress) or V(cancelled)
  type: int
expected:
  description: How many seats the server waits for.
  returned: when O(state) is V(progress) or V(cancelled)
  type: int
armed:
  description: MACs that the server would write to at their next boot, of any job.
  returned: when O(state) is V(started), V(cancelled) or V(finished)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.imaging.engine import EngineError
from ..module_utils.imaging.engines import ENGINES
from ..module_utils.imaging.room_steps import argument_spec, hide_decoded, run


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(ENGINES),
        required_if=[
            ("state", "started", ("confirm_room", "expected_hosts")),
            *(("engine", name, (name,)) for name in ENGINES),
        ],
        required_one_of=[("job", "job_file")],
        mutually_exclusive=[("job", "job_file")],
        supports_check_mode=True,
    )
    hide_decoded(module, ENGINES)
    try:
        engine = ENGINES[module.params["engine"]].build(module.params[module.params["engine"]])
        module.exit_json(**run(engine, module.params, check=module.check_mode))
    except EngineError as error:
        module.fail_json(msg=str(error), problems=getattr(error, "problems", []))


if __name__ == "__main__":
    main()
