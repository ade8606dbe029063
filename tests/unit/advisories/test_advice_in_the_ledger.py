# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents in the ledger: once, whole, never backwards; and the advice that follows from all of them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from advisory_scenes import KEV, NOW, month
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.system import (
    system_of_device,
    systems_of_product,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.values import (
    Bulletin,
    Catalogue,
    CveFact,
    ExploitedCve,
    Fix,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Ledger, Transaction, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.advisory_imports import (
    Imported,
    Origin,
    Outcome,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity

DAY = timedelta(days=1)
ORIGIN = Origin("https://mirror/2025-Nov", "0" * 64, 8650, etag='"1"')
CLIENT = "26100/client"
SERVER = "26100/server"
CATALOGUE = read_document(KEV, Limits())
assert isinstance(CATALOGUE, Catalogue)
LATER = replace(month(), id="2025-Dec", revised=month().revised + DAY)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    new: str = request.getfixturevalue("new_database")()
    return new


@pytest.fixture
def ledger(url: str) -> Ledger:
    return open_ledger(url)


@pytest.fixture
def tx(ledger: Ledger) -> Iterator[Transaction]:
    with ledger.begin() as transaction:
        yield transaction


on_both = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


def record(tx: Transaction, document: Bulletin | Catalogue, now: datetime = NOW) -> Imported:
    return tx.advisories.record(document, ORIGIN, now)


@on_both
def test_advice_holds_all_that_is_published_about_a_kb(tx):
    record(tx, month())
    found = tx.advisories.advice_for(["KB5068861", "KB9999999"])
    assert list(found) == ["KB5068861"]
    advice = found["KB5068861"]
    assert (advice.severity, advice.exploited, advice.restart_required) == (Severity.CRITICAL, True, True)
    assert advice.cves == ("CVE-2025-60724", "CVE-2025-62215")
    assert advice.supersedes == ("KB5066835",)
    assert advice.bulletin == "https://support.microsoft.com/help/5068861"
    assert (advice.due, advice.exploited_since) == (None, NOW)


def test_advice_is_narrowed_to_the_windows_of_the_device(tx):
    record(tx, month())
    on = {system: tx.advisories.advice_for(["KB5068861"], system)["KB5068861"] for system in (CLIENT, SERVER)}
    assert on[CLIENT].severity is Severity.CRITICAL
    assert (on[SERVER].severity, on[SERVER].cves) == (Severity.IMPORTANT, ("CVE-2025-62215",))


def test_for_a_windows_that_no_product_names_the_worst_of_all_products_counts(tx):
    record(tx, month())
    for system in ("99999/client", "19045/server", ""):
        assert tx.advisories.advice_for(["KB5068861"], system)["KB5068861"].severity is Severity.CRITICAL


def test_what_another_product_needs_is_never_taken_for_what_this_one_has(tx):
    """The same KB is Office's: no build of Windows stands there, and every device gets the rating."""
    record(tx, month())
    assert tx.advisories.advice_for(["KB5002811"], CLIENT)["KB5002811"].severity is Severity.IMPORTANT


@pytest.mark.parametrize(
    ("edition", "build", "system"),
    [
        ("Professional", 26100, "26100/client"),
        ("Enterprise", 19045, "19045/client"),
        ("ServerStandard", 26100, "26100/server"),
        ("ServerDatacenter", 20348, "20348/server"),
        ("Professional", None, ""),
        ("", 26100, "26100/client"),
    ],
)
def test_a_device_tells_its_windows_by_build_and_edition(edition, build, system):
    assert system_of_device(edition, build) == system


def test_a_product_stands_for_the_windows_of_its_builds():
    assert systems_of_product("Windows Server 2022 (Server Core installation)", (20348,)) == {"20348/server"}
    assert systems_of_product("Windows 10 Version 21H2 for x64-based Systems", (19043, 19044)) == {
        "19043/client",
        "19044/client",
    }
    assert systems_of_product("Microsoft Excel 2016 (32-bit edition)", ()) == set()


def test_a_build_that_one_document_leaves_out_is_taken_from_another(tx):
    """The guide names 25H2 with the build of 24H2 for some CVEs: none of them may be lost to a device."""
    product = "Windows 11 Version 25H2 for x64-based Systems"
    odd = Fix("KB5068861", product, Severity.CRITICAL, ("CVE-2025-64678",), builds=(26100,))
    record(tx, month())
    record(tx, replace(LATER, cves=(CveFact("CVE-2025-64678"),), fixes=(odd,)))
    found = tx.advisories.advice_for(["KB5068861"], "26200/client")["KB5068861"]
    assert (found.severity, found.cves) == (Severity.CRITICAL, ("CVE-2025-62215", "CVE-2025-64678"))


@on_both
def test_the_same_document_again_changes_nothing(tx):
    first = record(tx, month())
    assert (first.outcome, first.facts, first.kbs) == (Outcome.CHANGED, 9, 3)
    assert record(tx, month(), NOW + DAY) == Imported("msrc:2025-Nov", month().title, Outcome.UNCHANGED)
    assert [one.at for one in tx.advisories.imports()] == [NOW]
    (document,) = tx.advisories.documents()
    assert (document.imported_at, document.checked_at) == (NOW, NOW + DAY)


def test_an_import_is_remembered_with_its_source_digest_and_date(tx):
    record(tx, month())
    (past,) = tx.advisories.imports()
    assert (past.document, past.at, past.source, past.digest, past.size, past.kbs) == (
        "msrc:2025-Nov",
        NOW,
        ORIGIN.source,
        ORIGIN.digest,
        8650,
        3,
    )


@on_both
def test_a_revision_replaces_the_month_as_a_whole(tx):
    record(tx, month())
    old = month()
    fixes = tuple(replace(one, severity=Severity.LOW) for one in old.fixes if one.kb == "KB5068861")
    revised = replace(old, revised=old.revised + DAY, fixes=fixes)
    done = record(tx, revised, NOW + DAY)
    assert done.before == (
        "KB5002811: important, 1 CVEs",
        "KB5068781: critical, 1 CVEs, needs a restart",
        "KB5068861: critical, 2 CVEs, exploited, needs a restart",
    )
    assert done.after == ("KB5068861: low, 2 CVEs, exploited, needs a restart",)
    assert tx.advisories.advice_for(["KB5068781", "KB5002811"]) == {}
    assert tx.advisories.advice_for(["KB5068861"], CLIENT)["KB5068861"].severity is Severity.LOW


def test_an_older_state_of_a_document_is_left_alone(tx):
    record(tx, month())
    before = tx.advisories.advice_for(["KB5068861"])
    stale = replace(month(), revised=month().revised - DAY, fixes=month().fixes[:1])
    assert record(tx, stale).outcome is Outcome.OLDER
    assert tx.advisories.advice_for(["KB5068861"]) == before
    record(tx, CATALOGUE)
    assert record(tx, replace(CATALOGUE, revised=CATALOGUE.revised - DAY, entries=())).outcome is Outcome.OLDER
    assert len(tx.advisories.catalogue()) == 2


def test_the_catalogue_marks_kbs_as_exploited_whichever_is_imported_first(tmp_path):
    unexploited = replace(month(), cves=tuple(replace(one, exploited=False) for one in month().cves))
    for name, order in (("a", (unexploited, CATALOGUE)), ("b", (CATALOGUE, unexploited))):
        with open_ledger(f"sqlite:///{tmp_path / name}").begin() as tx:
            for document in order:
                record(tx, document)
            found = tx.advisories.advice_for(["KB5068861", "KB5068781"])
            assert (found["KB5068861"].exploited, found["KB5068781"].exploited) == (True, False)
            assert found["KB5068861"].due == datetime(2025, 12, 3, 23, 59, 59, tzinfo=UTC)


@on_both
def test_what_leaves_the_catalogue_is_no_longer_exploited(tx):
    record(tx, replace(month(), cves=tuple(replace(one, exploited=False) for one in month().cves)))
    record(tx, CATALOGUE)
    fewer = replace(CATALOGUE, revised=CATALOGUE.revised + DAY, entries=CATALOGUE.entries[:1])
    done = record(tx, fewer, NOW + DAY)
    assert (done.facts, done.kbs) == (1, 1)
    assert done.before[0] == "CVE-2025-62215: exploited, Microsoft Windows, due 2025-12-03"
    found = tx.advisories.advice_for(["KB5068861"])["KB5068861"]
    assert (found.exploited, found.due, found.exploited_since) == (False, None, None)


def test_since_when_it_is_known_to_be_exploited_does_not_move_with_revisions(tx):
    record(tx, month())
    record(tx, replace(month(), revised=month().revised + DAY, cves=month().cves[1:]), NOW + DAY)
    record(tx, CATALOGUE, NOW + 2 * DAY)
    assert tx.advisories.advice_for(["KB5068861"], CLIENT)["KB5068861"].exploited_since == NOW


@on_both
def test_two_documents_about_one_kb_add_up(tx):
    late = Fix("KB5068861", "Windows Server 2025", Severity.MODERATE, ("CVE-2025-64678",), builds=(26100,))
    record(tx, month())
    record(tx, replace(LATER, cves=(CveFact("CVE-2025-64678", "", Severity.MODERATE),), fixes=(late,)))
    found = tx.advisories.advice_for(["KB5068861"], SERVER)["KB5068861"]
    assert (found.severity, found.cves) == (Severity.IMPORTANT, ("CVE-2025-62215", "CVE-2025-64678"))


def test_a_kb_replaces_what_its_predecessors_replace_also_from_other_months(tx):
    product = "Windows 11 Version 24H2 for x64-based Systems"
    newer = Fix("KB5072033", product, Severity.IMPORTANT, ("CVE-2025-62221",), True, ("KB5068861",), (26100,))
    record(tx, replace(LATER, cves=(CveFact("CVE-2025-62221"),), fixes=(newer,)))
    assert tx.advisories.advice_for(["KB5072033"])["KB5072033"].supersedes == ("KB5068861",)
    record(tx, month())
    for system in ("", CLIENT):
        found = tx.advisories.advice_for(["KB5072033"], system)["KB5072033"]
        assert found.supersedes == ("KB5066835", "KB5068861")


def test_kbs_that_replace_each_other_in_a_circle_end_somewhere(tx):
    one = Fix("KB1000001", "Windows Server 2025", supersedes=("KB1000002",), cves=("CVE-2025-1000",))
    two = Fix("KB1000002", "Windows Server 2025", supersedes=("KB1000001",), cves=("CVE-2025-1000",))
    record(tx, replace(month(), cves=(CveFact("CVE-2025-1000"),), fixes=(one, two)))
    assert tx.advisories.advice_for(["KB1000001"])["KB1000001"].supersedes == ("KB1000002",)


def test_the_catalogue_tells_dates_of_the_cves_it_lists(tx):
    record(tx, CATALOGUE)
    found = tx.advisories.exploited(["CVE-2025-62215", "CVE-1999-0001"])
    assert list(found) == ["CVE-2025-62215"]
    assert isinstance(found["CVE-2025-62215"], ExploitedCve)
    assert found["CVE-2025-62215"].due == date(2025, 12, 3)


def test_titles_say_what_a_cve_is(tx):
    record(tx, month())
    assert tx.advisories.titles(["CVE-2025-62215", "CVE-1999-0001"]) == {
        "CVE-2025-62215": "Windows Kernel Elevation of Privilege Vulnerability"
    }


def test_advice_for_many_kbs_is_one_statement(tx, monkeypatch):
    record(tx, month())
    executed = []
    real = type(tx._conn).execute
    monkeypatch.setattr(type(tx._conn), "execute", lambda *args, **kw: executed.append(1) or real(*args, **kw))
    tx.advisories.advice_for([f"KB{number}" for number in range(5068600, 5068900)], CLIENT)
    assert len(executed) == 1


FORK = multiprocessing.get_context("fork")


def _record(url: str, number: int, results: multiprocessing.Queue[str]) -> None:
    try:
        with open_ledger(url).begin() as tx:
            record(tx, replace(month(), id=f"month-{number % 2}"))
            record(tx, CATALOGUE)
        results.put("")
    except Exception as fault:
        results.put(repr(fault))


@on_both
def test_imports_at_the_same_time_wait_for_each_other(url, ledger):
    results: multiprocessing.Queue[str] = FORK.Queue()
    processes = [FORK.Process(target=_record, args=(url, number, results)) for number in range(6)]
    for process in processes:
        process.start()
    assert [results.get(timeout=60) for _ in processes] == [""] * 6
    for process in processes:
        process.join()
    with ledger.read() as tx:
        assert len(tx.advisories.imports()) == 3
        assert len(tx.advisories.documents()) == 3
        assert tx.advisories.advice_for(["KB5068861"], CLIENT)["KB5068861"].severity is Severity.CRITICAL
