# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What forbids a job with Clonezilla SE, each by itself, before anything is done on the server."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.room import Wishes
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, Mode, Seat

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import PARTS, ROOM, Building, address, mac


def told(building: Building, **changes: object) -> list[tuple[str, str]]:
    """The problems: seat, and what is wrong up to the remedy."""
    problems = building.engine.preflight(building.spec(**changes))
    root = str(building.root)
    return [(problem.seat, problem.what.replace(root, "").split(";")[0]) for problem in problems]


def seats(*changed: Seat) -> tuple[Seat, ...]:
    """The room, its first seats changed."""
    rest = tuple(Seat(name, mac(name), address(name)) for name in ROOM[len(changed) :])
    return changed + rest


@pytest.mark.parametrize(
    ("seat", "says"),
    [
        (Seat(ROOM[0], "52:54:00:00:00:99"), "/etc/dhcp/dhcpd.conf has no host with MAC 52:54:00:00:00:99"),
        (
            Seat(ROOM[0], mac(ROOM[0]), "10.77.0.99"),
            f"the register has 10.77.0.99, /etc/dhcp/dhcpd.conf 10.77.0.81 for {mac(ROOM[0])}",
        ),
    ],
)
def test_a_seat_that_the_server_knows_otherwise_forbids_the_job(building: Building, seat: Seat, says: str) -> None:
    assert told(building, seats=seats(seat)) == [(ROOM[0], says)]


def test_an_address_is_not_needed_where_the_server_knows_it(building: Building) -> None:
    assert told(building, seats=seats(Seat(ROOM[0], mac(ROOM[0])))) == []


def test_one_mac_for_two_seats_forbids_the_job(building: Building) -> None:
    assert {what for _seat, what in told(building, seats=seats(Seat("S12-PC00", mac(ROOM[1]))))} == {
        f"MAC {mac(ROOM[1])} is of two seats of the room"
    }


def test_a_host_on_one_line_is_not_read_by_drbl_and_forbids_the_job(building: Building) -> None:
    conf = building.layout.dhcpd_conf
    one = f"host {ROOM[2]} {{\n  hardware ethernet {mac(ROOM[2])};\n  fixed-address {address(ROOM[2])};\n}}\n"
    assert one in conf.read_text()
    conf.write_text(conf.read_text().replace(one, " ".join(one.split()) + "\n"))
    assert told(building) == [
        (ROOM[2], f"/etc/dhcp/dhcpd.conf: DRBL cannot read the host with {mac(ROOM[2])}"),
    ]


def test_one_address_for_two_hosts_forbids_the_job(building: Building) -> None:
    conf = building.layout.dhcpd_conf
    conf.write_text(conf.read_text().replace("10.77.0.91", address(ROOM[0])))
    assert told(building) == [(ROOM[0], f"/etc/dhcp/dhcpd.conf has {mac(ROOM[0])} or {address(ROOM[0])} twice")]


def test_a_room_without_seats_is_refused(building: Building) -> None:
    assert ("", "room S12: it has no seats") in told(building, seats=())


def lose_part(folder: Path) -> None:
    (folder / "sda2.ntfs-ptcl-img.zst.aa").unlink()


def encrypt(folder: Path) -> None:
    (folder / "ecryptfs.info").touch()


def of_parts(folder: Path) -> None:
    (folder / "disk").unlink()


def of_two_disks(folder: Path) -> None:
    (folder / "disk").write_text("sda sdb\n")


def uncompressed(folder: Path) -> None:
    (folder / "sda1.ntfs-ptcl-img.zst.aa").rename(folder / "sda1.ntfs-ptcl-img.uncomp.aa")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (shutil.rmtree, "/home/partimag has none of that name"),
        (lose_part, "partition sda2 is not there"),
        (encrypt, "it is encrypted, which Clonezilla SE does not restore"),
        (of_parts, "its file disk does not name one disk"),
        (of_two_disks, "its file disk does not name one disk"),
        (uncompressed, "it was saved without compression (-z0), which no multicast restores"),
    ],
)
def test_an_image_that_cannot_be_given_to_a_room_forbids_the_job(
    building: Building, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(building.root / "home/partimag/winter")
    assert told(building) == [("", f"image winter: {says}")]
    with pytest.raises(EngineError, match="image winter: "):
        building.engine.start(building.spec())
    assert not building.layout.session.exists()


def test_an_uncompressed_image_may_go_to_seats_one_by_one(building: Building) -> None:
    uncompressed(building.root / "home/partimag/winter")
    assert told(building, mode=Mode.UNICAST) == []


@pytest.mark.parametrize("name", ["../winter", "ask_user", "winter summer", "", "-sc0", "winter/"])
def test_a_name_that_is_no_name_of_an_image_never_gets_to_the_server(building: Building, name: str) -> None:
    assert [what.split(":")[0] for _seat, what in told(building, image=name)] == [f"image {name}"]


def test_an_image_of_a_larger_disk_is_refused_where_the_size_of_the_smallest_is_known(building: Building) -> None:
    building.wishes = Wishes(disk_bytes=1_000_000_000)
    assert told(building) == [("", "image winter: its disk has 1073741824 bytes, the room's smallest 1000000000")]
    building.wishes = Wishes(disk_bytes=1_073_741_824)
    assert told(building) == []


@pytest.mark.parametrize(
    ("options", "bits", "allowed"),
    [
        ("", None, True),
        ("", 40_000_000, False),
        ("--max-bitrate 40m --retries-until-drop 50", 40_000_000, True),
        ("--max-bitrate 150m", 40_000_000, False),
        ("--max-bitrate 900k", 40_000_000, True),
    ],
)
def test_a_server_that_would_send_faster_than_the_job_allows_is_refused(
    building: Building, options: str, bits: int | None, allowed: bool
) -> None:
    """drbl-ocs has no option for it: the server's own setting decides."""
    conf = building.root / "etc/drbl/drbl-ocs.conf"
    conf.write_text(conf.read_text().replace('default=""', f'default="{options}"'))
    problems = building.engine.preflight(building.spec(max_bitrate=bits))
    assert (problems == ()) is allowed
    if allowed:
        building.engine.start(building.spec(max_bitrate=bits))
    else:
        assert 'set udp_sender_extra_opt_default="--max-bitrate 40m" there' in problems[0].what


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "etc/drbl/drbl-ocs.conf",
            '"both"',
            '"ocs-run.param"',
            "/etc/drbl/drbl-ocs.conf: ocs_client_trig_type is ocs-run.param, which does not show who is armed",
        ),
        (
            "etc/drbl/drbl_deploy.conf",
            "full_clonezilla_mode",
            "none",
            "/etc/drbl/drbl_deploy.conf: clonezilla_mode is none",
        ),
        (
            "tftpboot/nbi_img/pxelinux.cfg/default",
            "label local",
            "label disk",
            "/tftpboot/nbi_img/pxelinux.cfg/default: it needs the labels local and clonezilla",
        ),
    ],
)
def test_a_server_that_is_not_set_up_for_it_forbids_the_job(
    building: Building, file: str, old: str, new: str, says: str
) -> None:
    path = building.root / file
    path.write_text(path.read_text().replace(old, new))
    assert told(building) == [("", says)]


def test_a_server_without_drblpush_forbids_the_job(building: Building) -> None:
    (building.root / "etc/drbl/drbl_deploy.conf").unlink()
    assert told(building) == [("", "/etc/drbl/drbl_deploy.conf is not there")]


def test_a_machine_without_clonezilla_says_which_programs_it_lacks(building: Building) -> None:
    (building.root / "usr/sbin/dcs").unlink()
    assert [what.split(":")[0] for _seat, what in told(building)] == ["dcs"]


def test_an_interface_that_is_no_name_is_refused(building: Building) -> None:
    building.wishes = Wishes(interface="eth1 --broadcast")
    assert told(building) == [("", "interface: eth1 --broadcast is no name of a network card")]


def test_preflight_changes_nothing(building: Building) -> None:
    before = building.files()
    building.engine.preflight(building.spec())
    assert building.files() == before


def test_a_job_that_runs_forbids_itself_nothing(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image(*PARTS)
    assert building.engine.preflight(building.spec()) == ()
