# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Effective severity with its source, and which updates make way for newer ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.model import (
    Severity,
    SeveritySource,
    Update,
    UpdateState,
)
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.plan import Action, plan
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.severity import effective_severity
from planner_scenes import DESKTOP, at, decision, failure, helpdesk, state, update, verdict

MONTHLY = ("Security Updates", "Windows 11")
OVERRIDES = {"u1": Severity.LOW, "KBu2": Severity.CRITICAL, "KBextra": Severity.MODERATE}


@pytest.mark.parametrize(
    ("name", "given", "categories", "severity", "source"),
    [
        ("u9", Severity.CRITICAL, (), Severity.CRITICAL, SeveritySource.WUA),
        ("u9", Severity.LOW, MONTHLY, Severity.LOW, SeveritySource.WUA),
        ("u9", None, MONTHLY, Severity.IMPORTANT, SeveritySource.INFERRED),
        ("u9", None, ("Drivers",), Severity.OTHER, SeveritySource.NONE),
        ("u9", None, (), Severity.OTHER, SeveritySource.NONE),
        ("u9", Severity.OTHER, MONTHLY, Severity.IMPORTANT, SeveritySource.INFERRED),
        ("u1", Severity.CRITICAL, MONTHLY, Severity.LOW, SeveritySource.OVERRIDE),
        ("u2", None, (), Severity.CRITICAL, SeveritySource.OVERRIDE),
    ],
)
def test_the_strongest_source_counts(name, given, categories, severity, source):
    rules = replace(helpdesk().severity, overrides=OVERRIDES)
    one = update(name, given, categories=categories)
    assert effective_severity(one, helpdesk(severity=rules), {}) == (severity, source)


def test_of_several_kbs_or_categories_the_most_severe_rating_counts():
    rules = replace(helpdesk().severity, overrides=OVERRIDES, infer={"A": Severity.MODERATE, "B": Severity.CRITICAL})
    both = replace(update("u9"), kbs=("KBextra", "KBu2"))
    assert effective_severity(both, helpdesk(severity=rules), {})[0] is Severity.CRITICAL
    mixed = update("u9", None, categories=("A", "B"))
    assert effective_severity(mixed, helpdesk(severity=rules), {})[0] is Severity.CRITICAL


def test_an_unrated_update_is_never_counted_as_low():
    """Rule 3: a policy that installs Low still ignores what nobody rates."""
    rules = replace(helpdesk().severity, install=frozenset({Severity.LOW, Severity.CRITICAL}))
    missing = (update("low", Severity.LOW), update("blank", None))
    result = plan(DESKTOP, helpdesk(severity=rules), state(at("mon 09:00"), missing), at("mon 16:00"))
    assert decision(result, Action.INSTALL).updates == ("low",)


def test_other_can_be_installed_by_saying_so():
    rules = replace(helpdesk().severity, install=frozenset({Severity.OTHER}))
    result = plan(DESKTOP, helpdesk(severity=rules), state(at("mon 09:00"), (update("blank", None),)), at("mon 16:00"))
    assert decision(result, Action.INSTALL).updates == ("blank",)


def installed(*missing: Update, **changes: object) -> set[str]:
    result = plan(DESKTOP, helpdesk(**changes), state(at("mon 09:00"), missing), at("mon 16:00"))
    return {name for one in result.decisions for name in one.updates}


def test_a_chain_ends_at_its_newest_link():
    chain = (update("u1"), update("u2", supersedes=("u1",)), update("u3", supersedes=("u2",)))
    assert installed(*chain) == {"u3"}
    result = plan(DESKTOP, helpdesk(), state(at("mon 09:00"), chain), at("mon 16:00"))
    assert verdict(result, "u1").text == "KBu3, which is missing too, contains it"


def test_what_will_not_be_installed_replaces_nothing():
    old, new = update("u1"), update("u2", supersedes=("u1",))
    assert installed(old, new, declined=frozenset({"KBu2"})) == {"u1"}
    assert installed(old, replace(new, severity=Severity.LOW)) == {"u1"}
    assert installed(old, replace(new, can_request_user_input=True)) == {"u1"}


def test_a_chain_holds_through_a_link_that_is_declined():
    chain = (update("u1"), update("u2", supersedes=("u1",)), update("u3", supersedes=("u2",)))
    assert installed(*chain, declined=frozenset({"u2"})) == {"u3"}


def test_updates_that_replace_each_other_in_a_circle_are_all_kept():
    assert installed(update("u1", supersedes=("u2",)), update("u2", supersedes=("u1",))) == {"u1", "u2"}
    assert installed(update("u1", supersedes=("u1",))) == {"u1"}


def test_a_parked_update_does_not_keep_its_predecessor_from_being_installed():
    """Some protection rather than none: the newer one failed for good, the older one is still offered."""
    tries = UpdateState((failure("u2", at("mon 16:20")), failure("u2", at("mon 17:30"))))
    known = state(at("mon 18:00"), (update("u1"), update("u2", supersedes=("u1",))), updates={"u2": tries})
    result = plan(DESKTOP, helpdesk(), known, at("mon 18:05"))
    assert decision(result, Action.INSTALL).updates == ("u1",)
