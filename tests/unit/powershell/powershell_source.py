# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PowerShell files read with tree-sitter: syntax tree, functions, and a module's argument spec as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

REPOSITORY = Path(__file__).resolve().parents[3]
MODULES = sorted((REPOSITORY / "plugins" / "modules").glob("*.ps1"))
MODULE_UTILS = sorted((REPOSITORY / "plugins" / "module_utils").glob("*.psm1"))
FAKES = sorted((REPOSITORY / "tests" / "contract" / "powershell").glob("*.ps*1"))

_PARSER = Parser(Language(tree_sitter_powershell.language()))


@cache
def parse(source: bytes) -> Node:
    """Return the root of the syntax tree."""
    return _PARSER.parse(source).root_node


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, in the order of the text."""
    waiting = [node]
    while waiting:
        yield (here := waiting.pop())
        waiting += reversed(here.children)


def text(node: Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode()


def syntax_errors(source: bytes) -> list[str]:
    """Return ``line: text`` for everything the grammar cannot read."""
    return [
        f"{node.start_point[0] + 1}: {text(node)[:60]}"
        for node in walk(parse(source))
        if node.type == "ERROR" or node.is_missing
    ]


@cache
def commands(root: Node) -> list[str]:
    """Return the names of all commands that are called, as written."""
    return [
        text(node)
        for node in walk(root)
        if node.type == "command_name" and node.parent and node.parent.type == "command"
    ]


@cache
def functions(root: Node) -> list[str]:
    """Return the names of all functions that are defined."""
    return [text(node) for node in walk(root) if node.type == "function_name"]


def reach_of(path: Path) -> set[Path]:
    """Return the module utilities that are sent with a file, however far away they are asked for."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        for name in re.findall(
            r"(?m)^#AnsibleRequires -PowerShell \.\.module_utils\.(\w+)$", waiting.pop().read_text()
        ):
            util = REPOSITORY / "plugins" / "module_utils" / f"{name}.psm1"
            assert util.exists(), f"{path.name} asks for {name}, which is not there"
            if util not in found:
                found.add(util)
                waiting.append(util)
    return found


def argument_spec(root: Node) -> dict[str, Any]:
    """Return the value of ``$spec = @{...}``: dicts, lists, strings, numbers, booleans and None."""
    for node in walk(root):
        if node.type == "assignment_expression" and text(node).startswith("$spec ="):
            value = _value(node.children[-1])
            if isinstance(value, dict):
                return value
    raise AssertionError("no $spec = @{...} in the module")


def _value(node: Node) -> Any:
    """Evaluate the literals that an argument spec is made of."""
    while node.type not in _LITERALS:
        inner = [child for child in node.children if child.is_named]
        if node.type == "array_literal_expression" and len(inner) > 1:
            return [_value(child) for child in inner]
        assert len(inner) == 1, f"not a literal: {text(node)}"
        node = inner[0]
    return _LITERALS[node.type](node)


def _hash(node: Node) -> dict[str, Any]:
    entries = [entry for entry in walk(node) if entry.type == "hash_entry" and _owner(entry) == node.id]
    found: dict[str, Any] = {}
    for entry in entries:
        key, value = (child for child in entry.children if child.is_named)
        found[text(key)] = _value(value)
    return found


def _owner(entry: Node) -> int:
    node = entry.parent
    while node is not None and node.type != "hash_literal_expression":
        node = node.parent
    return node.id if node is not None else 0


def _array(node: Node) -> list[Any]:
    """``@('a')`` and ``@(, @(...))``: what is inside, as a list; the leading comma keeps a list in a list."""
    inner = next(child for child in walk(node) if child.type == "array_literal_expression")
    nested = [child for child in inner.children if child.is_named]
    unary = [child for child in walk(inner) if child.type == "expression_with_unary_operator"]
    if unary and text(unary[0]).startswith(","):
        return [_value([child for child in unary[0].children if child.is_named][-1])]
    return [_value(child) for child in nested]


def _variable(node: Node) -> bool | None:
    return {"$true": True, "$false": False, "$null": None}[text(node).lower()]


_LITERALS = {
    "hash_literal_expression": _hash,
    "array_expression": _array,
    "string_literal": lambda node: text(node)[1:-1],
    "integer_literal": lambda node: int(text(node)),
    "variable": _variable,
}
