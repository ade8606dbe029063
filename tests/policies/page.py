# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes docs/policies.md from the sentences and the tests that prove them: ``python -m tests.policies.page``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.policies.tagged import Sentence, Tagged, sentences, tagged, titles

PAGE = Path(__file__).parents[2] / "docs" / "policies.md"
INTRODUCTION = """\
# The four published policies, sentence by sentence

Each of the presets in `inventories/` expresses a published policy. This page says of each sentence which setting
expresses it and which tests prove it. It is written by `python -m tests.policies.page` from
`tests/policies/sentences.yml` and from the marks of the tests (`@pytest.mark.policy("campus 4c")`); a test keeps it
from drifting: a sentence without a test, a mark without a sentence, and a page that says otherwise all fail.

Besides these tests, `make weeks` lets four weeks pass under each preset and judges what really happened by a second
statement of the same sentences (`tests/weeks/checker`), which knows nothing of the planner.
"""


def page() -> str:
    """Return the text of the page."""
    proofs = tagged()
    parts = [INTRODUCTION]
    for policy, title in titles().items():
        heading = f"## {policy}: {title}" if policy != "case" else f"## {title}"
        parts.append("\n".join([heading, "", *rows(policy, proofs)]) + "\n")
    return "\n".join(parts)


def rows(policy: str, proofs: list[Tagged]) -> Iterator[str]:
    """Yield the table of one policy."""
    settings = policy != "case"
    yield "| | sentence | setting | tests |" if settings else "| | case and answer | tests |"
    yield "|---|---|---|---|" if settings else "|---|---|---|"
    for sentence in sentences():
        if sentence.policy == policy:
            cells = [sentence.key, sentence.text, *([sentence.setting] if settings else []), tests(sentence, proofs)]
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def tests(sentence: Sentence, proofs: list[Tagged]) -> str:
    """Return the names of the tests that prove a sentence, file by file."""
    if sentence.later:
        return f"not yet: {sentence.later}"
    by_file: dict[str, list[str]] = {}
    for one in proofs:
        if sentence.id in one.ids:
            by_file.setdefault(one.path, []).append(one.name)
    shown = []
    for path, names in by_file.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        shown.append(f"`{path}`: {', '.join(f'`{name}`' for name in names[:3])}{more}")
    return "<br>".join(shown)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
