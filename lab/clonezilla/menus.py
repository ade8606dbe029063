# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The menus that PCs boot: the two that the server has for all, and the changes that its programs make to copies."""

from __future__ import annotations

import re
from pathlib import Path

_PXE_ENTRY = """label {name}
  {default}MENU DEFAULT
  {hide}MENU HIDE
  MENU LABEL {title}
  # MENU PASSWD
  kernel {kernel}
  append {append}

"""
_GRUB_ENTRY = """{hash}menuentry "{title}" --id {name} {{
{hash}  echo "Loading {title}..."
{hash}  {command}
{hash}}}

"""
_INITRD = "initrd=initrd-pxe.img devfs=nomount drblthincli=off selinux=0"


def pxelinux_default() -> str:
    """Return what pxelinux.cfg/default holds on a new server: DRBL's own system, Clonezilla hidden, the disk."""
    entries = (
        ("drbl", "", "# ", "Debian DRBL", "vmlinuz-pxe", _INITRD),
        ("clonezilla", "# ", "", "Clonezilla", "vmlinuz-pxe", f"{_INITRD} text 1"),
        ("local", "# ", "# ", "Local operating system (if available)", "chain.c32", "hd0"),
    )
    body = "".join(
        _PXE_ENTRY.format(name=name, default=default, hide=hide, title=title, kernel=kernel, append=append)
        for name, default, hide, title, kernel, append in entries
    )
    return f"default menu.c32\ntimeout 70\nMENU TITLE DRBL (http://drbl.org)\n\n{body}"


def grub_default() -> str:
    """Return what grub/grub.cfg holds on a new server."""
    linux = "$linux_cmd vmlinuz-pxe devfs=nomount drblthincli=off selinux=0"
    entries = (
        ("drbl-client", "", "Debian DRBL", linux),
        ("clonezilla-se-client", "#", "Clonezilla", f"{linux} text 1"),
        ("local-disk", "", "Local operating system (if available)", "configfile grub/boot-local-efi.cfg"),
    )
    body = "".join(
        _GRUB_ENTRY.format(hash=mark, name=name, title=title, command=command) for name, mark, title, command in entries
    )
    return f"set default=drbl-client\nset timeout=7\n\n{body}"


class PxeMenu:
    """A file of pxelinux."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def choose(self, label: str, title: str = "") -> None:
        """Make an entry the default, and show it."""
        self._change("", r"^[#\s]*MENU DEFAULT.*", "  # MENU DEFAULT")
        self._change(label, r"^[#\s]*MENU DEFAULT.*", "  MENU DEFAULT")
        self._change(label, r"^[#\s]*MENU HIDE.*", "  # MENU HIDE")
        if title:
            self._change(label, r"^\s*MENU LABEL.*", f"  MENU LABEL {title}")

    def hide(self, label: str) -> None:
        self._change(label, r"^[#\s]*MENU HIDE.*", "  MENU HIDE")

    def give(self, label: str, orders: str) -> None:
        self.take(label)
        self._change(label, r"^(\s*append .*)$", rf'\1 ocs_opt="{orders}"')

    def take(self, label: str) -> None:
        self._change(label, r'^(\s*append .*?)\s+ocs_opt="[^"]*"(.*)$', r"\1\2")

    def _change(self, label: str, pattern: str, to: str) -> None:
        """Change the lines of an entry, or of all where ``label`` is ""."""
        lines, entry = [], ""
        for line in self.path.read_text().splitlines():
            found = re.match(r"^label\s+(\S+)", line)
            entry = found[1] if found else entry
            lines.append(re.sub(pattern, to, line) if label in ("", entry) else line)
        self.path.write_text("\n".join(lines) + "\n")


class GrubMenu:
    """A file of GRUB. A hidden entry is a comment."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def choose(self, entry: str, title: str = "") -> None:
        """Make an entry the default, and show it."""
        self.show(entry)
        text = re.sub(r"^set default=.*$", f"set default={entry}", self.path.read_text(), flags=re.MULTILINE)
        if title:
            text = re.sub(rf'^menuentry "[^"]*" --id {entry} ', f'menuentry "{title}" --id {entry} ', text, flags=re.M)
        self.path.write_text(text)

    def show(self, entry: str) -> None:
        self._change(entry, r"^#", "")

    def hide(self, entry: str) -> None:
        self._change(entry, r"^(?!#)", "#")

    def give(self, entry: str, orders: str) -> None:
        self.take(entry)
        self._change(entry, r"^(#?\s*\$linux_cmd .*)$", rf'\1 ocs_opt=\\"{orders}\\"')

    def take(self, entry: str) -> None:
        self._change(entry, r'^(#?\s*\$linux_cmd .*?)\s+ocs_opt=\\"[^"\\]*\\"(.*)$', r"\1\2")

    def _change(self, entry: str, pattern: str, to: str) -> None:
        lines, inside = [], False
        for line in self.path.read_text().splitlines():
            inside = inside or bool(re.match(rf'^#?menuentry "[^"]*" --id {entry} ', line))
            lines.append(re.sub(pattern, to, line, count=1) if inside else line)
            inside = inside and line not in ("}", "#}")
        self.path.write_text("\n".join(lines) + "\n")
