#!/usr/bin/python
# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: capture_image
short_description: Read the disk of one PC into an image, through an imaging server
version_added: 0.1.0
author: Nightshift contributors (@nightshift)
description:
  - Drives an imaging server for one capture; each O(state) is one step, and each may be repeated. A second run carries
    on with the job of the first and never starts it twice.
  - Never captures into an image that holds a disk, for that would be lost. Each version has an image of its own. With
    Clonezilla SE the name must be free altogether.
  - Arms exactly the one PC, for reading, proves it by reading back what the server holds, and undoes everything where
    that differs.
  - The server's word that a capture is done is a claim. The image is proved where it is given to a seat.
  - Does not wake or restart the PC.
extends_documentation_fragment:
  - nightshift.fleet.imaging_server
options:
  state:
    description:
      - V(preflight) tells what forbids the job, and fails where something does.
      - V(started) makes the image where it is missing, and arms the PC.
      - V(progress) tells how far the job is.
      - V(cancelled) stops this job and no other. What the image holds then is not whole.
      - V(verified) tells what the server's own records say.
      - V(finished) disarms what is left and forgets the job. Fails while the disk is being read. With Clonezilla SE an
        image that is not whole is moved away.
    type: str
    choices: [preflight, started, progress, cancelled, verified, finished]
    required: true
  name:
    description: Name of the PC, as the server knows it.
    type: str
    required: true
  mac:
    description: MAC of the network card that it boots from.
    type: str
    required: true
  image:
    description: Name of the image on the server.
    type: str
    required: true
  like:
    description:
      - Name of an image on the server; where O(image) is missing, it is made of the same kind.
      - With Clonezilla SE the disk of that image is read, and the percentage is told by its size.
    type: str
    default: ''
  disk:
    description:
      - Disk of the PC as Linux names it, for example V(sda) or V(nvme0n1); by default that of O(like). FOG has the disk
        in its own settings.
    type: str
    default: ''
  after:
    description: What the PC does when its disk has been read.
    type: str
    choices: [poweroff, reboot]
    default: poweroff
  job:
    description:
      - Id of the job, where it is kept elsewhere than in O(job_file); for example
        V(capture-classroom-3-20261121T220000Z-0a1b2c).
    type: str
attributes:
  check_mode:
    support: full
    description: Tells PC, image and requests, and sends nothing that changes anything.
seealso:
  - module: nightshift.fleet.reimage_room
  - module: nightshift.fleet.image_manifest
"""

EXAMPLES = r"""
- name: Arm the reference PC for reading
  nightshift.fleet.capture_image:
    state: started
    name: ref-classroom
    mac: '52:54:00:77:00:01'
    image: classroom-3
    like: classroom-2
    job_file: /var/lib/nightshift/classroom-3.job
    engine: fog
    fog:
      url: https://fog.example.org/fog
      api_token: '{{ vault_fog_api_token }}'
      user_token: '{{ vault_fog_user_token }}'
  delegate_to: localhost

- name: The same with Clonezilla SE, on the DRBL server
  nightshift.fleet.capture_image:
    state: started
    name: ref-classroom
    mac: '52:54:00:77:00:01'
    image: classroom-3
    disk: nvme0n1
    job_file: /var/lib/nightshift/classroom-3.job
    engine: clonezilla
    clonezilla: {}
  delegate_to: drbl.example.org
  become: true
"""

RETURN = r"""
job:
  description: Id of the job; empty where none is open.
  returned: success
  type: str
image:
  description: The image.
  returned: success
  type: str
requests:
  description: What was, or in check mode would be, asked of the server.
  returned: success
  type: list
  elements: str
claim:
  description: One of armed, started, done, failed, cancelled, interrupted, unknown, as the server claims.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: str
percent:
  description: 0 to 100.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: float
rate:
  description: As the server writes it.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: str
remaining:
  description: As the server writes it.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: str
detail:
  description: More, for people.
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: str
closed:
  description:
    - Whether nothing more comes of the job. Nothing of it runs or waits on the server then, but for a failure with
      Clonezilla SE, after which the PC stays armed until V(finished).
  returned: when O(state) is V(progress), V(cancelled) or V(verified)
  type: bool
armed:
  description: MACs that the server would write to, or read from, at their next boot, of any job.
  returned: when O(state) is V(preflight), V(started), V(cancelled) or V(finished)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.imaging.capture_steps import argument_spec, run
from ..module_utils.imaging.engine import EngineError
from ..module_utils.imaging.engines import ENGINES
from ..module_utils.imaging.room_steps import hide_decoded


def main() -> None:
    able = {name: kind for name, kind in ENGINES.items() if kind.capture is not None}
    builders = {name: kind.capture for name, kind in ENGINES.items() if kind.capture is not None}
    module = AnsibleModule(
        argument_spec=argument_spec(able),
        required_if=[("engine", name, (name,)) for name in able],
        required_one_of=[("job", "job_file")],
        mutually_exclusive=[("job", "job_file")],
        supports_check_mode=True,
    )
    hide_decoded(module, able)
    try:
        engine = builders[module.params["engine"]](module.params[module.params["engine"]])
        module.exit_json(**run(engine, module.params, check=module.check_mode))
    except EngineError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
