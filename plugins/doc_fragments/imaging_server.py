# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The imaging servers that rooms get their images from, and golden images are kept on."""

from __future__ import annotations


class ModuleDocFragment:
    """Which server it is, how it is reached, and where the id of a job is kept."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.11
options:
  job_file:
    description: File that keeps the id of the open job; made by V(started), removed by V(finished).
    type: path
  engine:
    description: The kind of server.
    type: str
    choices: [fog, clonezilla]
    required: true
  fog:
    description: A FOG server, version 1.5 or 1.6.
    type: dict
    suboptions:
      url:
        description: Address, for example V(https://fog.example.org/fog).
        type: str
        required: true
      api_token:
        description: The server's API token as its page shows it (base64).
        type: str
        required: true
      user_token:
        description: The user's API token as its page shows it (base64).
        type: str
      user:
        description: Name of the user, instead of O(fog.user_token).
        type: str
      password:
        description: Password of the user, instead of O(fog.user_token).
        type: str
      ca_path:
        description: File with the authority of the server's certificate.
        type: path
      timeout:
        description: Seconds to wait for an answer.
        type: int
        default: 30
      time_zone:
        description: The server's time zone, for example V(Europe/Paris). Without it, times that it writes are not told.
        type: str
      plain_http:
        description: Whether an address without TLS is taken. Whoever listens then has the tokens.
        type: bool
        default: false
  clonezilla:
    description:
      - Clonezilla SE on a DRBL server, as Debian's packages C(drbl) and C(clonezilla) have it. The module must run on
        that server as root, by C(delegate_to) and C(become).
    type: dict
    suboptions:
      interface:
        description:
          - The network card that a multicast leaves by. Without it, DRBL takes the first that DHCP serves. A capture
            sends nothing.
        type: str
      disk_bytes:
        description:
          - Size of the smallest disk in the room, in bytes. An image of a larger disk is then refused. Not used
            by a capture.
        type: int
      timeout:
        description: Seconds that one command on the server may take, with the check of a whole image.
        type: int
        default: 3600
      root:
        description: The folder that the server's files and programs are in; another one than V(/) for a trial only.
        type: path
        default: /
attributes:
  diff_mode:
    support: none
    description: The requests are in the result.
  platform:
    platforms: posix
    support: full
    description: Runs where the server can be reached; with Clonezilla SE on the server itself.
"""
