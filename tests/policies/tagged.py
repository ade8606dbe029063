# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sentences of the policies, and the tests that carry their ids: read from the sources, without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TESTS = Path(__file__).parents[1]
SENTENCES = Path(__file__).parent / "sentences.yml"


@dataclass(frozen=True)
class Sentence:
    """One sentence of a policy, or one worked case. ``later`` says why it has no test yet; "" where it has to."""

    policy: str
    key: str
    text: str
    setting: str = ""
    later: str = ""

    @property
    def id(self) -> str:
        """``campus 4c``, as the tests name it."""
        return f"{self.policy} {self.key}"


@dataclass(frozen=True)
class Tagged:
    """A test and the ids that it carries. ``path`` is relative to the folder of the tests."""

    path: str
    name: str
    ids: tuple[str, ...]


def titles() -> dict[str, str]:
    """Return the policies by name, with their titles."""
    return {name: policy["title"] for name, policy in _file().items()}


def sentences() -> list[Sentence]:
    """Return all sentences, in their order."""
    return [
        Sentence(name, str(key), said["text"].strip(), said.get("setting", ""), said.get("later", ""))
        for name, policy in _file().items()
        for key, said in policy["sentences"].items()
    ]


@cache
def tagged() -> list[Tagged]:
    """Return every test function that carries the mark, by file and line."""
    found = []
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        shared = [one for node in tree.body for one in _of_module(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                ids = (*shared, *(one for mark in node.decorator_list for one in _ids(mark)))
                if ids:
                    found.append(Tagged(path.relative_to(TESTS).as_posix(), node.name, tuple(dict.fromkeys(ids))))
    return found


def _of_module(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
        for call in ast.walk(node.value):
            yield from _ids(call)


def _ids(mark: ast.AST) -> Iterator[str]:
    """Yield the ids of ``pytest.mark.policy(...)``; also of one that stands inside a parameter list."""
    for call in ast.walk(mark):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.policy":
            for argument in call.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    raise ValueError(f"{ast.unparse(call)}: write the ids as plain strings")
                yield argument.value


@cache
def _file() -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    content: dict[str, dict[str, dict[str, dict[str, str]]]] = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    return content
