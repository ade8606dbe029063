# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the update guide says reaches the effective severity, from the document to the plan.

The facts of three real months stand in cumulative_updates.csv; with the months themselves the whole documents are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from advisory_scenes import DATA, NOW, REAL_MONTHS, Cumulative, cumulative_updates
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.limits import Limits
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.read import read_document
from ansible_collections.nightshift.fleet.plugins.plugin_utils.advisories.values import Bulletin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger import Transaction, open_ledger
from ansible_collections.nightshift.fleet.plugins.plugin_utils.ledger.advisory_imports import Origin
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.fleet import Advice
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Severity,
    SeveritySource,
    Update,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.policy import Policy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.severity import RANK, effective_severity
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, load_policy

HEADER = """<cvrf:cvrfdoc xmlns:vuln="http://www.icasi.org/CVRF/schema/vuln/1.1"
 xmlns:prod="http://www.icasi.org/CVRF/schema/prod/1.1" xmlns:cvrf="http://www.icasi.org/CVRF/schema/cvrf/1.1">
<cvrf:DocumentTitle>{month}</cvrf:DocumentTitle>
<cvrf:DocumentTracking><cvrf:Identification><cvrf:ID>{month}</cvrf:ID></cvrf:Identification>
<cvrf:CurrentReleaseDate>2026-03-01T01:01:55</cvrf:CurrentReleaseDate></cvrf:DocumentTracking>
<prod:ProductTree>{products}</prod:ProductTree>{vulnerabilities}</cvrf:cvrfdoc>"""
VULNERABILITY = """<vuln:Vulnerability><vuln:CVE>{cve}</vuln:CVE>
<vuln:Threats>{threats}</vuln:Threats><vuln:Remediations>{fixes}</vuln:Remediations></vuln:Vulnerability>"""
THREAT = """<vuln:Threat Type="Severity"><vuln:Description>{severity}</vuln:Description>
<vuln:ProductID>{product}</vuln:ProductID></vuln:Threat>"""
FIX = """<vuln:Remediation Type="Vendor Fix"><vuln:Description>{kb}</vuln:Description>
<vuln:ProductID>{product}</vuln:ProductID><vuln:FixedBuild>10.0.{build}.1</vuln:FixedBuild></vuln:Remediation>"""
"""A month with the worst CVE of each KB, in the guide's own form."""

BLANK = Update("an-update", severity=None, categories=("Windows 11",))
ROWS = cumulative_updates()


def document(month: str) -> bytes:
    rows = [row for row in ROWS if row.month == month]
    products = {build: f"p{build}" for row in rows for build in row.builds}
    names = "".join(
        f'<prod:FullProductName ProductID="{key}">Windows of build {build}</prod:FullProductName>'
        for build, key in products.items()
    )
    entries = []
    for cve in sorted({row.cve for row in rows}):
        about = [(row, build) for row in rows if row.cve == cve for build in row.builds]
        threats = (THREAT.format(severity=row.severity.value.title(), product=products[build]) for row, build in about)
        fixes = (FIX.format(kb=row.kb[2:], product=products[build], build=build) for row, build in about)
        entries.append(VULNERABILITY.format(cve=cve, threats="".join(threats), fixes="".join(fixes)))
    return HEADER.format(month=month, products=names, vulnerabilities="".join(entries)).encode()


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Transaction]:
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}").begin() as transaction:
        yield transaction


def record(tx: Transaction, contents: Iterable[bytes]) -> None:
    for content in contents:
        found = read_document(content, Limits())
        assert isinstance(found, Bulletin)
        tx.advisories.record(found, Origin("test", "", len(content)), NOW)


def policy(**severity: object) -> Policy:
    """Return the default policy, without any guess from categories unless a test wants one."""
    found = load_policy([Layer("test", {"zone": "Europe/London"})]).policy
    return replace(found, severity=replace(found.severity, **({"infer": {}} | severity)))


def at_least(found: Severity, wanted: Severity) -> bool:
    return RANK.index(found) <= RANK.index(wanted)


def systems(row: Cumulative) -> list[str]:
    return ["", *(f"{build}/{kind}" for build in row.builds for kind in ("client", "server"))]


def violations(tx: Transaction, rows: Iterable[Cumulative]) -> list[str]:
    """Return each cumulative update that is rated below its worst CVE of that month, on any Windows."""
    found = []
    for row in rows:
        update = replace(BLANK, kbs=(row.kb,))
        for system in systems(row):
            advice = tx.advisories.advice_for([row.kb], system)
            severity, source = effective_severity(update, policy(), advice)
            if not at_least(severity, row.severity) or source is not SeveritySource.MSRC:
                found.append(f"{row.kb} on {system}: {severity.value} ({source.value}), {row.severity.value} {row.cve}")
    return found


def test_every_cumulative_update_of_three_months_is_rated_as_its_worst_cve_though_windows_update_is_silent(tx):
    """Acceptance 3: at least Critical or Important, each of them."""
    assert len(ROWS) == 77
    assert all(at_least(row.severity, Severity.IMPORTANT) for row in ROWS)
    record(tx, (document(month) for month in REAL_MONTHS))
    assert violations(tx, ROWS) == []


def test_without_the_documents_each_of_them_has_no_rating_at_all(tx):
    assert len(violations(tx, ROWS)) >= len(ROWS)


@pytest.mark.skipif(
    not DATA.is_dir(), reason="the real months are not here: set NIGHTSHIFT_VENDOR_DATA to their folder"
)
def test_the_same_from_the_whole_real_months(tx):
    """Acceptance 3 with every fact of the months; the exploited ones are known as such."""
    record(tx, ((DATA / f"msrc-cvrf-{month}.xml").read_bytes() for month in REAL_MONTHS))
    assert violations(tx, ROWS) == []
    for row in ROWS:
        advice = tx.advisories.advice_for([row.kb])[row.kb]
        assert advice.exploited >= row.exploited
        assert advice.restart_required is True


def told(severity: Severity | None) -> dict[str, Advice]:
    return {"KB1": Advice("KB1", severity)}


@pytest.mark.parametrize(
    ("given", "advised", "categories", "expected", "source"),
    [
        (None, Severity.CRITICAL, (), Severity.CRITICAL, SeveritySource.MSRC),
        (Severity.MODERATE, Severity.CRITICAL, (), Severity.CRITICAL, SeveritySource.MSRC),
        (Severity.CRITICAL, Severity.IMPORTANT, (), Severity.CRITICAL, SeveritySource.WUA),
        (Severity.IMPORTANT, Severity.IMPORTANT, (), Severity.IMPORTANT, SeveritySource.WUA),
        (Severity.OTHER, Severity.LOW, (), Severity.LOW, SeveritySource.MSRC),
        (None, Severity.MODERATE, ("Security Updates",), Severity.MODERATE, SeveritySource.MSRC),
        (None, None, ("Security Updates",), Severity.IMPORTANT, SeveritySource.INFERRED),
        (None, Severity.OTHER, (), Severity.OTHER, SeveritySource.NONE),
    ],
)
def test_the_more_severe_of_windows_update_and_the_guide_counts(given, advised, categories, expected, source):
    update = Update("u1", kbs=("KB1",), severity=given, categories=categories)
    rules = policy(infer={"Security Updates": Severity.IMPORTANT})
    assert effective_severity(update, rules, told(advised)) == (expected, source)


@pytest.mark.policy("enterprise 3c")
def test_an_override_of_the_policy_is_stronger_than_the_guide():
    update = Update("u1", kbs=("KB1",))
    rules = policy(overrides={"KB1": Severity.LOW})
    assert effective_severity(update, rules, told(Severity.CRITICAL)) == (Severity.LOW, SeveritySource.OVERRIDE)


def test_of_an_update_with_several_kbs_the_worst_advice_counts():
    update = Update("u1", kbs=("KB1", "KB2"))
    advice = told(Severity.MODERATE) | {"KB2": Advice("KB2", Severity.CRITICAL)}
    assert effective_severity(update, policy(), advice)[0] is Severity.CRITICAL
