# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a DRBL server writes down and has PCs boot, as it was seen on a real one, and what is read from it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.boot import armed, chosen, fetched
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.clients import Client, read_clients
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.jobs_log import reports
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.clonezilla.layout import Layout, read_settings
from ansible_collections.nightshift.fleet.plugins.module_utils.imaging.engine import EngineError, SeatState

sys.path.insert(0, str(Path(__file__).parent))

from clonezilla_scenes import ROOM, Building, mac

from lab.clonezilla.pc import STATISTICS, tell

SEEN = (
    "2026-1121-0750, Start clonezilla logging.\n"
    "2026-1121-0751, client 10.77.0.80 (52:54:00:77:00:01) finished restoring. Stats: "
    "/dev/vda1, success, 212.1 MB = 207165 Blocks, .592 mins;\n"
)
PC = Client("pc", "52:54:00:77:12:01", "10.77.0.80")
NEXT = Client("next", "52:54:00:77:12:02", "10.77.0.81")
ORDERS = "-l en_US.UTF-8 --batch multicast_restoredisk winter sda"


def test_a_line_that_was_seen_is_read() -> None:
    report = reports(SEEN)["52:54:00:77:00:01"]
    assert (report.address, report.parts, report.image) == ("10.77.0.80", (("vda1", True),), "")


def test_a_line_of_a_pc_with_uefi_tells_the_image_and_each_partition() -> None:
    told = (
        "2026-1121-0751, client 10.77.0.80 (52:54:00:77:00:01) finished restoring. Stats: Multicast restored winter, "
        "/dev/nvme0n1p1, success, 100 MB = 1 Blocks, .1 mins; "
        "/dev/nvme0n1p2, ***FAIL***, 0 MB = 0 Blocks, .1 mins, 1GB/min;"
    )
    report = reports(told)["52:54:00:77:00:01"]
    assert report.image == "winter"
    assert report.parts == (("nvme0n1p1", True), ("nvme0n1p2", False))


def test_what_is_no_report_is_not_read() -> None:
    assert reports("2026-1121-0751, client 10.77.0.80 finished\n\nnonsense (52:54:00:77:00:01)\n") == {}


@pytest.mark.parametrize(
    ("words", "state", "says"),
    [
        (f"10.77.0.81 MAC a b c /dev/sda1, success, {STATISTICS};", SeatState.UNKNOWN, "nothing is told of sda2"),
        ("10.77.0.81 MAC", SeatState.UNKNOWN, "no partition is told of"),
        (
            f"10.77.0.99 MAC a b c /dev/sda1, success, {STATISTICS}; /dev/sda2, success, {STATISTICS};",
            SeatState.UNKNOWN,
            "it is told by 10.77.0.99",
        ),
        (
            f"10.77.0.81 MAC a b c Multicast restored summer, /dev/sda1, success, 1; /dev/sda2, success, {STATISTICS};",
            SeatState.UNKNOWN,
            "it is about image summer",
        ),
        (
            f"10.77.0.81 MAC a b c /dev/sda1, ***FAIL***, {STATISTICS}; /dev/sda2, success, {STATISTICS};",
            SeatState.FAILED,
            "sda1 failed",
        ),
    ],
)
def test_what_does_not_tell_of_the_whole_image_from_the_seat_is_not_done(
    building: Building, words: str, state: SeatState, says: str
) -> None:
    building.engine.start(building.spec())
    tell(building.server.tree, words.replace("MAC", mac(ROOM[0])))
    seat = building.engine.verify(building.spec())[0]
    assert (seat.state, says in seat.detail) == (state, True)


def test_what_someone_tells_of_a_stranger_is_nobodys(building: Building) -> None:
    building.engine.start(building.spec())
    tell(building.server.tree, f"10.77.0.77 52:54:00:99:99:99 a b c /dev/sda1, success, {STATISTICS};")
    assert {seat.state for seat in building.engine.verify(building.spec())} == {SeatState.ARMED}


def test_without_the_image_nobody_is_known_to_be_done(building: Building) -> None:
    building.engine.start(building.spec())
    building.pc(ROOM[0]).image("sda1", "sda2")
    (building.root / "home/partimag/winter").rename(building.root / "home/partimag/away")
    seat = building.engine.verify(building.spec())[0]
    assert (seat.state, "not on this server any more" in seat.detail) == (SeatState.UNKNOWN, True)


def pxe(folder: Path, name: str, default: str, orders: str = "") -> Path:
    path = folder / "tftpboot/nbi_img/pxelinux.cfg" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["default menu.c32"]
    for label in ("drbl", "clonezilla", "local"):
        lines += [f"label {label}", "  MENU DEFAULT" if label == default else "  # MENU DEFAULT"]
        lines.append(
            "  append initrd=initrd-pxe.img" + (f' ocs_opt="{orders}"' if orders and label == "clonezilla" else "")
        )
    path.write_text("\n".join(lines) + "\n")
    return path


def grub(folder: Path, name: str, default: str, line: str) -> None:
    path = folder / "tftpboot/nbi_img/grub" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'set default={default}\nmenuentry "Clonezilla" --id clonezilla-se-client {{\n{line}\n}}\n')


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("0A4D0050", {PC.mac}),
        ("01-52-54-00-77-12-02", {NEXT.mac}),
        ("01-52-54-00-99-99-99", {"52:54:00:99:99:99"}),
        ("0A4D00", {PC.mac, NEXT.mac}),
        ("0A4D0063", {"0A4D0063"}),
        ("default", {PC.mac, NEXT.mac}),
        ("default_skeleton", set()),
    ],
)
def test_whoever_boots_a_file_with_orders_is_armed(tmp_path: Path, name: str, whose: set[str]) -> None:
    pxe(tmp_path, name, "clonezilla", ORDERS)
    assert set(armed(Layout(tmp_path), (PC, NEXT))) == whose


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("grub.cfg-drbl-10.77.0.80", {PC.mac}),
        ("grub.cfg-drbl-52:54:00:77:12:02", {NEXT.mac}),
        ("grub.cfg", {PC.mac, NEXT.mac}),
        ("grub.cfg_skeleton", set()),
    ],
)
def test_whoever_boots_orders_by_grub_is_armed(tmp_path: Path, name: str, whose: set[str]) -> None:
    grub(tmp_path, name, "clonezilla-se-client", f'  $linux_cmd vmlinuz-pxe ocs_opt=\\"{ORDERS}\\"')
    assert set(armed(Layout(tmp_path), (PC, NEXT))) == whose


def test_orders_of_clonezilla_live_arm_and_its_menu_does_not(tmp_path: Path) -> None:
    grub(tmp_path, "grub.cfg-drbl-10.77.0.80", "x", f'  linux vmlinuz ocs_live_run=\\"ocs-sr {ORDERS}\\"')
    grub(tmp_path, "grub.cfg-drbl-10.77.0.81", "x", '  linux vmlinuz ocs_live_run=\\"ocs-live-general\\"')
    assert set(armed(Layout(tmp_path), (PC, NEXT))) == {PC.mac}


def test_a_hidden_entry_with_orders_arms_nobody_and_one_that_is_shown_does(tmp_path: Path) -> None:
    grub(tmp_path, "grub.cfg-drbl-10.77.0.80", "local-disk", f'#  $linux_cmd vmlinuz-pxe ocs_opt=\\"{ORDERS}\\"')
    assert armed(Layout(tmp_path), (PC, NEXT)) == {}
    pxe(tmp_path, "0A4D0050", "local", ORDERS)  # someone at the PC could choose it
    assert set(armed(Layout(tmp_path), (PC, NEXT))) == {PC.mac}


def test_a_pc_boots_the_file_by_its_mac_before_the_one_by_its_address(tmp_path: Path) -> None:
    pxe(tmp_path, "default", "drbl")
    pxe(tmp_path, "0A4D00", "local")
    assert [boot.path.name for boot in chosen(Layout(tmp_path), PC)] == ["0A4D00"]
    pxe(tmp_path, "0A4D0050", "clonezilla", ORDERS)
    assert [boot.order for boot in chosen(Layout(tmp_path), PC)] == [ORDERS]
    pxe(tmp_path, "01-52-54-00-77-12-01", "local")
    assert [(boot.order, boot.local) for boot in chosen(Layout(tmp_path), PC)] == [("", True)]


def test_looking_at_what_pcs_boot_is_not_taken_for_a_pc_that_boots(building: Building) -> None:
    building.engine.start(building.spec())
    clients = {client.name: client for client in read_clients(building.layout)}
    for _look in range(3):
        armed(building.layout, tuple(clients.values()))
        assert fetched(building.layout, clients[ROOM[0]]) is None
    building.pc(ROOM[0]).boot()
    assert fetched(building.layout, clients[ROOM[0]]) is not None
    assert fetched(building.layout, clients[ROOM[1]]) is None


def test_settings_are_read_as_a_shell_reads_them(tmp_path: Path) -> None:
    (tmp_path / "etc/drbl").mkdir(parents=True)
    (tmp_path / "etc/drbl/drbl.conf").write_text('# ocsroot="/old"\nocsroot="/home/partimag" # here\nx=$(date)\n')
    (tmp_path / "etc/drbl/drbl-ocs.conf").write_text(
        'ocsroot=/srv/images\nMULTICAST_PORT="2300"\nudp_sender_extra_opt_default="--max-bitrate 40m"\n'
    )
    settings = read_settings(Layout(tmp_path))
    assert (settings.images, settings.port) == (tmp_path / "srv/images", 2300)
    assert (settings.sender_options, settings.modes) == ("--max-bitrate 40m", None)


def test_a_note_about_a_job_that_cannot_be_read_stops_everything(building: Building) -> None:
    building.layout.kept.mkdir(parents=True)
    (building.layout.kept / "reimage-s13-x.json").write_text("{")
    with pytest.raises(EngineError, match=r"reimage-s13-x\.json: cannot be read .* look what runs"):
        building.engine.start(building.spec())
