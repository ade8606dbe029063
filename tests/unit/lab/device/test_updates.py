# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a simulated PC is offered, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab.catalogue import Catalogue, Kit
from lab.truth import What

from .benches import bench


def test_the_monthly_cumulative_update_comes_without_a_severity() -> None:
    cumulative = next(u for u in bench().scan()["missing"] if "Cumulative" in u["title"])
    assert cumulative["severity"] == ""
    assert cumulative["categories"][0] == "Security Updates"
    assert cumulative["title"].startswith("2026-02 Cumulative Update for Windows 11, version 24H2")


def test_an_office_update_comes_with_its_severity() -> None:
    severities = {u["kbs"][0]: u["severity"] for u in bench(patched_until="2025-11-20").scan()["missing"]}
    assert severities["KB5002819"] == "Critical"
    assert severities["KB5002806"] == "Important"


def test_only_the_newest_of_the_cumulative_updates_is_offered() -> None:
    kit = Kit("windows-11-24h2")
    offered = Catalogue.real().offered(kit, frozenset(), datetime(2025, 12, 31, tzinfo=UTC))
    assert [r.kb for r in offered if r.ubr] == ["KB5072033"]
    older = {r.id for r in Catalogue.real().find("KB5068861") if kit.product in r.products}
    assert older <= set(next(r for r in offered if r.ubr).supersedes)


def test_a_release_appears_when_its_day_comes() -> None:
    kit, catalogue = Kit("windows-11-24h2"), Catalogue.real()
    day = datetime(2026, 2, 10, 18, tzinfo=UTC)

    def newest(at: datetime) -> list[str]:
        return [r.kb for r in catalogue.offered(kit, frozenset(), at) if r.ubr]

    assert newest(day - timedelta(seconds=1)) == ["KB5072033"]
    assert newest(day) == ["KB5077181"]


def test_without_its_servicing_stack_a_server_is_offered_that_alone_first() -> None:
    lab = bench(device_class="server", product="server-2019", patched_until="2021-08-01", features=[])
    assert list(lab.missing()) == ["KB5005112"]
    lab.install(*lab.missing().values())
    lab.clock.advance(3600)
    assert "KB5075904" in lab.missing()


def test_an_update_that_needs_a_restart_changes_the_build_only_after_it() -> None:
    lab = bench(features=[])
    lab.install(lab.missing()["KB5077181"])
    lab.clock.advance(3600)
    told = lab.scan()
    assert told["pending_restart"]["required"]
    assert told["device"]["os"]["ubr"] == 7462
    assert "KB5077181" in [kb for u in told["installed"] for kb in u["kbs"]]
    lab.call("nightshift.fleet.win_patch_restart", countdown=60)
    lab.clock.advance(60)
    assert not lab.pc.answering()
    lab.clock.advance(600)
    told = lab.scan()
    assert told["device"]["os"]["ubr"] == 7840
    assert not told["pending_restart"]["required"]
    assert len(lab.happened(What.COMMITTED)) == 1


def test_a_fault_fails_an_update_as_often_as_it_says_and_costs_no_other() -> None:
    fault = {"kind": "fail_update", "update": "KB5002819", "hresult": "0x80070643", "count": 2}
    lab = bench(patched_until="2025-11-20", faults=[fault])
    found = lab.missing()
    codes = []
    for number in range(3):
        lab.install(found["KB5002819"], found["KB5002806"], job=f"job-{number}")
        lab.clock.advance(7200)
        results = {r["id"]: r for r in lab.jobs()[f"job-{number}"]["results"]}
        codes.append(results[found["KB5002819"]]["hresult_hex"])
        if number == 0:
            assert results[found["KB5002806"]]["outcome"] == "succeeded"
    assert codes == ["0x80070643", "0x80070643", "0x00000000"]
    assert not lab.truth.installed_twice()


def test_a_full_disk_fails_the_download_and_starts_no_installation() -> None:
    lab = bench(free_gb=0.1, features=[])
    lab.install(lab.missing()["KB5077181"])
    lab.clock.advance(3600)
    (result,) = lab.jobs()["job-1"]["results"]
    assert (result["hresult_hex"], result["outcome"]) == ("0x80070070", "failed")
    assert not lab.happened(What.INSTALL_STARTED)


def test_a_broken_agent_sees_nothing_and_is_not_trusted() -> None:
    told = bench(faults=[{"kind": "broken_wua"}]).scan()
    assert (told["missing"], told["installed"]) == ([], [])
    assert (told["scan"]["result_code"], told["scan"]["trust"]) == (2, "unknown")
    (warning,) = told["scan"]["warnings"]
    assert "saw no update at all" in warning


def test_a_search_that_fails_says_why_and_keeps_what_was_known() -> None:
    lab = bench(faults=[{"kind": "search_fails", "hresult": "0x8024402C", "from": "2026-11-23 16:30"}])
    known = lab.missing()
    lab.clock.advance(3600)
    told = lab.scan()
    assert told["scan"]["trust"] == "unknown"
    assert "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED" in told["scan"]["error"]
    assert set(known.values()) <= {u["id"] for u in told["missing"]}


def test_a_new_definition_update_comes_every_day_under_one_kb() -> None:
    lab = bench(features=["defender"])
    first = lab.missing()["KB2267602"]
    lab.install(first)
    lab.clock.advance(3600)
    assert "KB2267602" not in lab.missing()
    lab.clock.advance(86400)
    assert lab.missing()["KB2267602"] != first
