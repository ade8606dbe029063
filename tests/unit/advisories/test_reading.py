# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read from the update guide, in both forms, and from the catalogue of exploited vulnerabilities."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime

import pytest
from advisory_scenes import DATA, KEV, MONTH, MONTH_JSON, REAL_MONTHS, as_json, cumulative_updates, month
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.values import (
    Catalogue,
    CveFact,
    ExploitedCve,
    Fix,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import Severity

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real months are not here: set NIGHTSHIFT_VENDOR_DATA to their folder"
)


def fix(kb: str, product: str) -> Fix:
    (found,) = [one for one in month().fixes if (one.kb, one.product) == (kb, product)]
    return found


def test_a_month_knows_its_name_and_the_instant_of_its_last_revision():
    found = month()
    assert (found.id, found.title) == ("2025-Nov", "November 2025 Security Updates")
    assert found.revised == datetime(2025, 12, 5, 1, 36, 55, tzinfo=UTC)


def test_a_kb_has_on_each_product_the_worst_rating_of_what_it_mends_there():
    windows = fix("KB5068861", "Windows 11 Version 24H2 for x64-based Systems")
    assert windows == Fix(
        "KB5068861",
        "Windows 11 Version 24H2 for x64-based Systems",
        Severity.CRITICAL,
        ("CVE-2025-60724", "CVE-2025-62215"),
        restart=True,
        supersedes=("KB5066835",),
        builds=(26100,),
        url="https://support.microsoft.com/help/5068861",
    )
    server = fix("KB5068861", "Windows Server 2025")
    assert (server.severity, server.cves) == (Severity.IMPORTANT, ("CVE-2025-62215",))


def test_what_is_not_installed_as_a_kb_is_left_out():
    assert {one.kb for one in month().fixes} == {"KB5068861", "KB5068781", "KB5002811"}


def test_a_version_of_office_is_no_build_of_windows_and_maybe_is_no_answer():
    excel = fix("KB5002811", "Microsoft Excel 2016 (32-bit edition)")
    assert (excel.builds, excel.restart) == ((), None)


def test_without_release_notes_the_page_of_the_catalogue_is_the_bulletin():
    assert fix("KB5068781", "Windows 10 Version 22H2 for x64-based Systems").url.endswith("q=KB5068781")


def test_a_vulnerability_has_its_worst_rating_and_whether_it_is_exploited():
    assert month().cves == (
        CveFact("CVE-2025-12725", "Chromium: CVE-2025-12725 Out of bounds write in WebGPU"),
        CveFact("CVE-2025-60724", "GDI+ Remote Code Execution Vulnerability", Severity.CRITICAL),
        CveFact("CVE-2025-62200", "Microsoft Excel Remote Code Execution Vulnerability", Severity.IMPORTANT),
        CveFact(
            "CVE-2025-62215", "Windows Kernel Elevation of Privilege Vulnerability", Severity.IMPORTANT, exploited=True
        ),
    )


def test_both_forms_of_a_month_say_the_same():
    assert json.loads(MONTH_JSON) == json.loads(as_json(MONTH))
    assert month(MONTH_JSON) == month(MONTH)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_month_may_come_in_any_encoding_that_xml_allows(encoding):
    assert month(MONTH.decode().encode(encoding)) == month()


def test_a_document_may_be_packed():
    assert month(gzip.compress(MONTH)) == month()
    assert month(gzip.compress(MONTH_JSON)) == month()


def test_a_fix_that_names_no_product_counts_for_any_and_has_the_worst_rating():
    document = json.loads(MONTH_JSON)
    document["Vulnerability"][0]["Remediations"][0]["ProductID"] = None
    (found,) = [one for one in month(json.dumps(document).encode()).fixes if one.product == "any product"]
    assert (found.kb, found.severity) == ("KB5068861", Severity.CRITICAL)


def test_a_rating_without_products_is_for_all_of_them():
    document = json.loads(MONTH_JSON)
    document["Vulnerability"][1]["Threats"].append({"Type": 3, "Description": {"Value": "Critical"}})
    (found,) = [one for one in month(json.dumps(document).encode()).fixes if one.product == "Windows Server 2025"]
    assert found.severity is Severity.CRITICAL


def test_the_catalogue_gives_dates_and_who_uses_it():
    found = read_document(KEV, Limits())
    assert found == Catalogue(
        "2025.11.12",
        datetime(2025, 11, 12, 18, tzinfo=UTC),
        (
            ExploitedCve(
                "CVE-2025-48384",
                "Git",
                "Git",
                "Git Link Following Vulnerability",
                date(2025, 8, 25),
                date(2025, 9, 15),
                ransomware=True,
            ),
            ExploitedCve(
                "CVE-2025-62215",
                "Microsoft",
                "Windows",
                "Microsoft Windows Race Condition Vulnerability",
                date(2025, 11, 12),
                date(2025, 12, 3),
            ),
        ),
    )


@needs_data
@pytest.mark.parametrize("name", REAL_MONTHS)
def test_a_real_month_is_read_as_the_table_of_its_facts_says_in_both_forms(name):
    content = (DATA / f"msrc-cvrf-{name}.xml").read_bytes()
    found = month(content)
    assert month(as_json(content)) == found
    rows = [row for row in cumulative_updates() if row.month == name]
    windows = {one.kb for one in found.fixes if one.builds}
    assert windows == {row.kb for row in rows}
    exploited = {one.cve for one in found.cves if one.exploited}
    for row in rows:
        fixes = [one for one in found.fixes if one.kb == row.kb]
        cves = {cve for one in fixes for cve in one.cves}
        assert {one.severity for one in fixes} == {row.severity}, row.kb
        assert (row.cve in cves, len(cves), bool(cves & exploited)) == (True, row.cves, row.exploited), row.kb
        assert {build for one in fixes for build in one.builds} == set(row.builds), row.kb


@needs_data
def test_the_real_catalogue_is_read_whole():
    found = read_document((DATA / "cisa-kev.json").read_bytes(), Limits())
    assert isinstance(found, Catalogue)
    assert len(found.entries) == 1404
    assert all(one.due and one.added for one in found.entries)
