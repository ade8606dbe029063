# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The software of devices (enterprise 1), packages of other vendors, and orders to roll back (helpdesk 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ansible_collections.nightshift.fleet.plugins.plugin_utils.device.report import (
    DeviceFacts,
    PendingRestart,
    Program,
    RestartStatus,
    ScanReport,
    ScanStatus,
    SoftwareList,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Transaction
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.rollbacks import RemovalState
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Rollback
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import ScanTrust, Update
from ledger_scenes import NOW, PC, job, report, result

HOUR = timedelta(hours=1)
SEVEN, FOX = Program("7-Zip", "24.09", "Igor Pavlov"), Program("Firefox", "144.0", "Mozilla")
BAD = Update("bad", kbs=("KB5000001",), uninstallable=True)
GOOD = Update("good", kbs=("KB5000002",))
ORDER = Rollback("KB5000001", "printers fail", "ada", NOW + HOUR)


def listed(scan: str, at: Any, installed: tuple[Update, ...] | None, missing: tuple[Update, ...] = ()) -> ScanReport:
    return ScanReport(
        DeviceFacts(PC, NOW, None, None, (), {}),
        ScanStatus(scan, at, ScanTrust.TRUSTED),
        PendingRestart(required=False),
        RestartStatus(),
        at,
        missing,
        installed,
    )


def test_software_is_kept_since_it_was_there_and_until_it_was_gone(tx: Transaction) -> None:
    tx.software.record(PC, SoftwareList("one", (SEVEN, FOX)), NOW)
    newer = Program("Firefox", "145.0", "Mozilla")
    tx.software.record(PC, SoftwareList("two", (SEVEN, newer)), NOW + HOUR)
    assert [(one.program, one.since) for one in tx.software.of([PC])] == [(SEVEN, NOW), (newer, NOW + HOUR)]
    assert [one.gone_at for one in tx.software.of(gone=True)] == [None, NOW + HOUR, None]
    assert tx.software.digest(PC) == "two"


def test_the_same_list_again_changes_nothing(tx: Transaction) -> None:
    for at in (NOW, NOW + HOUR):
        tx.software.record(PC, SoftwareList("one", (SEVEN,)), at)
    tx.software.record(PC, SoftwareList("one"), NOW + 2 * HOUR)
    assert [(one.program, one.since) for one in tx.software.of([PC], gone=True)] == [(SEVEN, NOW)]


def test_a_device_without_a_list_has_no_digest(tx: Transaction) -> None:
    assert tx.software.digest(PC) == ""
    assert list(tx.software.of()) == []


def test_what_a_package_is_comes_back_as_it_was_reported(tx: Transaction) -> None:
    package = Update(
        "winget:Mozilla.Firefox@145.0",
        provider="winget",
        kbs=("winget:Mozilla.Firefox",),
        vendor="Mozilla",
        product="Firefox",
        installed_version="144.0",
        available_version="145.0",
    )
    tx.record_report(PC, listed("scan", NOW, None, (package,)), NOW)
    state = tx.device_state(PC)
    assert state is not None and state.missing == (package,)


def test_what_is_installed_may_be_told_later_than_what_is_missing(tx: Transaction) -> None:
    tx.record_report(PC, listed("scan", NOW, None, (GOOD,)), NOW)
    assert tx.rollbacks.on_device(PC, [ORDER]) == ((), "")
    tx.record_report(PC, listed("scan", NOW, (BAD,), (GOOD,)), NOW + HOUR)
    (removal,), scan = tx.rollbacks.on_device(PC, [ORDER])
    assert (removal.update, removal.order, removal.listed_at, scan) == (BAD, ORDER, NOW, "scan")
    tx.record_report(PC, listed("next", NOW + HOUR, None, (GOOD,)), NOW + HOUR)
    assert tx.rollbacks.on_device(PC, [ORDER])[1] == "scan"


def test_an_order_stands_once_until_it_is_lifted(tx: Transaction) -> None:
    assert tx.rollbacks.order(ORDER) == ORDER
    assert tx.rollbacks.order(Rollback("KB5000001", "again", "bob", NOW + 2 * HOUR)) == ORDER
    hurried = tx.rollbacks.order(Rollback("KB5000001", "now!", "bob", NOW + 2 * HOUR, at_once=True))
    assert (hurried.by, hurried.at_once) == ("ada", True)
    assert tx.rollbacks.standing() == (hurried,)
    assert tx.rollbacks.lift("KB5000001", "ada", "mended", NOW + 3 * HOUR)
    assert not tx.rollbacks.lift("KB5000001", "ada", "mended", NOW + 3 * HOUR)
    assert tx.rollbacks.standing() == ()
    later = Rollback("KB5000001", "it broke again", "ada", NOW + 4 * HOUR)
    assert tx.rollbacks.order(later) == later


def affected(tx: Transaction) -> RemovalState:
    (one,) = tx.rollbacks.affected(ORDER)
    assert (one.device, one.update.id) == (PC, "bad")
    return one.state


def test_an_order_says_how_far_each_device_is(tx: Transaction) -> None:
    tx.record_report(PC, listed("scan", NOW, (BAD, GOOD)), NOW)
    assert affected(tx) is RemovalState.PENDING
    later = NOW + 2 * HOUR
    failed = job(
        "r1",
        kind="uninstall",
        updates=["bad"],
        results=[result("bad", "failed", hresult=0x80070643, error_class="transient", finished_at=f"{later:%FT%TZ}")],
    )
    tx.record_report(PC, report(jobs=[failed]), later)
    assert affected(tx) is RemovalState.FAILED
    tx.record_report(PC, listed("after", later, (GOOD,)), later)
    assert affected(tx) is RemovalState.REMOVED


def test_tries_from_before_the_order_do_not_count(tx: Transaction) -> None:
    done = job("r0", kind="uninstall", updates=["bad"], results=[result("bad", finished_at=f"{NOW:%FT%TZ}")])
    tx.record_report(PC, report(jobs=[done]), NOW)
    tx.record_report(PC, listed("scan", NOW, (BAD,)), NOW)
    assert affected(tx) is RemovalState.PENDING
    (removal,), _scan = tx.rollbacks.on_device(PC, [ORDER])
    assert removal.attempts == ()


def test_what_was_gone_before_the_order_is_not_its_business(tx: Transaction) -> None:
    tx.record_report(PC, listed("scan", NOW - HOUR, (BAD,)), NOW)
    tx.record_report(PC, listed("next", NOW, ()), NOW)
    assert tx.rollbacks.affected(ORDER) == ()


def test_orders_survive_the_connection(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.rollbacks.order(ORDER)
    with ledger.read() as view:
        assert view.rollbacks.standing() == (ORDER,)
