# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every PowerShell file parses, and keeps to what Windows PowerShell 5.1 can run and to the rules of the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.powershell.powershell_source import (
    FAKES,
    MODULE_UTILS,
    MODULES,
    commands,
    functions,
    parse,
    reach_of,
    syntax_errors,
    text,
    walk,
)

PRODUCT = MODULES + MODULE_UTILS
EVERYTHING = PRODUCT + FAKES

APPROVED_VERBS = frozenset(
    [
        "Add",
        "Clear",
        "Close",
        "Copy",
        "Enter",
        "Exit",
        "Find",
        "Format",
        "Get",
        "Hide",
        "Join",
        "Lock",
        "Move",
        "New",
        "Open",
        "Optimize",
        "Pop",
        "Push",
        "Redo",
        "Remove",
        "Rename",
        "Reset",
        "Resize",
        "Search",
        "Select",
        "Set",
        "Show",
        "Skip",
        "Split",
        "Step",
        "Switch",
        "Undo",
        "Unlock",
        "Watch",
        "Backup",
        "Checkpoint",
        "Compare",
        "Compress",
        "Convert",
        "ConvertFrom",
        "ConvertTo",
        "Dismount",
        "Edit",
        "Expand",
        "Export",
        "Group",
        "Import",
        "Initialize",
        "Limit",
        "Merge",
        "Mount",
        "Out",
        "Publish",
        "Restore",
        "Save",
        "Sync",
        "Unpublish",
        "Update",
        "Approve",
        "Assert",
        "Complete",
        "Confirm",
        "Deny",
        "Disable",
        "Enable",
        "Install",
        "Invoke",
        "Register",
        "Request",
        "Restart",
        "Resume",
        "Start",
        "Stop",
        "Submit",
        "Suspend",
        "Uninstall",
        "Unregister",
        "Wait",
        "Debug",
        "Measure",
        "Ping",
        "Repair",
        "Resolve",
        "Test",
        "Trace",
        "Connect",
        "Disconnect",
        "Read",
        "Receive",
        "Send",
        "Write",
        "Block",
        "Grant",
        "Protect",
        "Revoke",
        "Unblock",
        "Unprotect",
        "Use",
    ]
)
ALIASES = frozenset(
    [
        "%",
        "?",
        "ac",
        "cat",
        "cd",
        "clc",
        "cls",
        "compare",
        "copy",
        "cp",
        "curl",
        "del",
        "diff",
        "dir",
        "echo",
        "epal",
        "erase",
        "fc",
        "fl",
        "foreach",
        "ft",
        "fw",
        "gal",
        "gc",
        "gci",
        "gcim",
        "gcm",
        "gi",
        "gl",
        "gm",
        "gp",
        "gps",
        "group",
        "gsv",
        "gu",
        "gv",
        "gwmi",
        "h",
        "history",
        "iex",
        "ii",
        "ipal",
        "ipmo",
        "irm",
        "iwmi",
        "iwr",
        "kill",
        "lp",
        "ls",
        "man",
        "md",
        "measure",
        "mi",
        "mount",
        "move",
        "mp",
        "mv",
        "nal",
        "ndr",
        "ni",
        "nv",
        "ogv",
        "oh",
        "popd",
        "ps",
        "pushd",
        "pwd",
        "r",
        "rd",
        "ren",
        "ri",
        "rm",
        "rmdir",
        "rni",
        "rp",
        "rv",
        "sajb",
        "sal",
        "saps",
        "sasv",
        "sc",
        "select",
        "set",
        "si",
        "sl",
        "sleep",
        "sls",
        "sort",
        "sp",
        "spps",
        "spsv",
        "start",
        "sv",
        "tee",
        "type",
        "wget",
        "where",
        "wjb",
        "write",
    ]
)


def name_of(path: Path) -> str:
    """Name a case after its file."""
    return path.name


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_a_powershell_file_has_no_syntax_error(path: Path) -> None:
    assert syntax_errors(path.read_bytes()) == []


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_a_powershell_file_is_ascii_with_unix_line_ends_and_no_byte_order_mark(path: Path) -> None:
    content = path.read_bytes()
    assert content.isascii(), "5.1 reads a file without a byte order mark in the code page of the device"
    assert b"\r" not in content
    assert b"\t" not in content


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_strict_mode_is_on_before_anything_else_runs(path: Path) -> None:
    assert commands(parse(path.read_bytes()))[0] == "Set-StrictMode"
    assert re.search(r"(?m)^Set-StrictMode -Version 3", path.read_text())


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_functions_have_approved_verbs_and_singular_looking_nouns(path: Path) -> None:
    for name in functions(parse(path.read_bytes())):
        assert re.fullmatch(r"[A-Z]\w+-[A-Z][A-Za-z]+", name), name
        assert name.split("-")[0] in APPROVED_VERBS, f"{name}: not an approved verb"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_commands_are_called_by_their_full_names(path: Path) -> None:
    called = {name.lower() for name in commands(parse(path.read_bytes()))}
    assert not called & ALIASES


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_nothing_needs_a_newer_powershell_than_5_1(path: Path) -> None:
    root = parse(path.read_bytes())
    for node in walk(root):
        assert node.type != "pipeline_chain_tail", f"line {node.start_point[0] + 1}: && and || came with 7"
        if node.type == "command_parameter":
            assert text(node).lower() not in {"-parallel", "-ashashtable", "-asarray", "-dateKind".lower(), "-noproxy"}
    assert not re.search(r"(?i)#requires\s+-version\s+[67]", path.read_text())
    for unknown in ("Test-Json", "Get-Error", "Join-String", "Remove-Service", "Get-Uptime"):
        assert unknown not in commands(root), f"{unknown} is not in 5.1"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_every_function_that_is_called_exists_somewhere_in_reach(path: Path) -> None:
    reach = {name for one in {path, *reach_of(path)} for name in functions(parse(one.read_bytes()))}
    ours = {name for util in MODULE_UTILS for name in functions(parse(util.read_bytes()))}
    called = set(commands(parse(path.read_bytes())))
    assert called & ours <= reach, f"not asked for with #AnsibleRequires: {sorted((called & ours) - reach)}"
    assert {name for name in called if "-" in name} <= reach | WINDOWS_COMMANDS


WINDOWS_COMMANDS = frozenset(
    [
        "Set-StrictMode",
        "New-Object",
        "Add-Type",
        "Get-AppxPackage",
        "Get-AppxProvisionedPackage",
        "Get-Command",
        "Get-CimInstance",
        "Get-FileHash",
        "Get-ItemProperty",
        "Get-Service",
        "Get-WinEvent",
        "Invoke-CimMethod",
        "Select-Object",
        "Sort-Object",
        "Where-Object",
        "ConvertTo-Json",
        "ConvertFrom-Json",
        "Start-Sleep",
    ]
)


def test_no_two_files_define_the_same_function() -> None:
    defined = [name for path in MODULE_UTILS for name in functions(parse(path.read_bytes()))]
    assert sorted(defined) == sorted(set(defined)), (
        "the utils of a module share one scope, and all of them one job script"
    )


def test_a_parameter_that_is_given_exists_in_the_function_that_is_called() -> None:
    declared: dict[str, set[str]] = {}
    for path in PRODUCT:
        for node in walk(parse(path.read_bytes())):
            if node.type == "function_statement":
                name = next(text(child) for child in node.children if child.type == "function_name")
                parameters = (p for p in walk(node) if p.type == "script_parameter")
                declared[name] = {
                    text(next(v for v in reversed(p.children) if v.type == "variable")).lstrip("$").lower()
                    for p in parameters
                }
    for path in PRODUCT:
        for node in walk(parse(path.read_bytes())):
            if node.type != "command":
                continue
            name = text(node.children[0])
            elements = [child for child in node.children if child.type == "command_elements"]
            given = {text(p).lstrip("-").lower() for e in elements for p in e.children if p.type == "command_parameter"}
            if name in declared:
                assert given <= declared[name] | {"erroraction"}, f"{path.name}:{node.start_point[0] + 1} {name}"


@pytest.mark.parametrize(("kind", "module"), [("scan", "win_patch_scan"), ("change", "win_patch_apply")])
def test_the_job_script_holds_every_function_that_a_job_calls(kind: str, module: str) -> None:
    manager = next(path for path in MODULE_UTILS if path.name == "_DeviceJob.psm1").read_text()
    shared, scan, change = re.findall(r"(?s)\$named \+?= @\((.+?)\)", manager)
    parts: list[Path] = []
    for anchor in re.findall(r"'([\w-]+)'", shared + {"scan": scan, "change": change}[kind]):
        (file,) = (path for path in MODULE_UTILS if anchor in functions(parse(path.read_bytes())))
        assert file not in parts, f"{file.name} would be in the job script twice"
        parts.append(file)
    assert set(parts) <= reach_of(MODULES[0].parent / f"{module}.ps1"), "not every part is sent with the module"
    inside = {name for path in parts for name in functions(parse(path.read_bytes()))}
    called = {name for path in parts for name in commands(parse(path.read_bytes())) if "-" in name}
    called |= set(re.findall(rf"\$work = '(Invoke-{'Search' if kind == 'scan' else 'Change'}Job) ", manager))
    assert called <= inside | WINDOWS_COMMANDS, (
        f"missing in the job script: {sorted(called - inside - WINDOWS_COMMANDS)}"
    )
    assert f"Invoke-{'Search' if kind == 'scan' else 'Change'}Job" in called
