# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The section ``approval``: what it means by default, and what cannot be meant together."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.nightshift.fleet.plugins.plugin_utils.planner.approval import NO_VETTING, ApprovalPolicy
from ansible_collections.nightshift.fleet.plugins.plugin_utils.policy.load import Layer, PolicyError, load_policy


def test_by_default_nobody_must_approve_anything() -> None:
    assert load_policy([]).policy.approval == NO_VETTING == ApprovalPolicy(False, False, timedelta(0))


def test_the_section_merges_key_by_key() -> None:
    layers = [
        Layer("all", {"approval": {"required": True, "delay": "7d"}}),
        Layer("servers", {"approval": {"delay": "14d"}}),
    ]
    assert load_policy(layers).policy.approval == ApprovalPolicy(required=True, delay=timedelta(days=14))


def test_following_approvals_that_nobody_needs_is_a_contradiction() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy([Layer("group_vars/all.yml", {"approval": {"follow_supersedence": True}})])
    assert str(caught.value) == (
        "group_vars/all.yml: nightshift_policy.approval.follow_supersedence: true has no approvals to follow: none are "
        "required; use approval.required: true, or leave it out"
    )
