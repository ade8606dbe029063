# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One cell to one value. Each function takes the stripped text of a non-empty cell.

All raise ValueError with what was expected, as the end of a sentence that begins with the value.
"""

from __future__ import annotations

import ipaddress
import re

from ..planner.model import Exposure
from .row import CLASSES

_YES = frozenset({"yes", "true", "on", "1", "y"})
_NO = frozenset({"no", "false", "off", "0", "n"})
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
_MAC = re.compile(r"[0-9a-f]{12}|[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}")
_LOOKS_LIKE_IPV4 = re.compile(r"[0-9.]+")
_TEMPLATE = re.compile(r"\{[{%#]")
_TAKEN = frozenset({"all", "localhost", "ungrouped"})

NETBIOS_LENGTH = 15
LABEL_LENGTH = 63
DNS_LENGTH = 253


def host_name(text: str) -> str:
    """A computer name, alone or with its DNS domain.

    Rules: Microsoft, "Naming conventions in Active Directory": the computer's own
    name has at most 15 characters and is not all digits; DNS: labels of at most 63.
    """
    if text.lower() in _TAKEN:
        raise ValueError("is a name that Ansible keeps for itself; use the computer's name")
    own, *domain = text.split(".")
    if len(own) > NETBIOS_LENGTH:
        raise ValueError(f"is {len(own)} characters long; a Windows computer name has at most {NETBIOS_LENGTH}")
    if own.isdigit():
        raise ValueError("is all digits; a Windows computer name has at least one letter")
    if len(text) > DNS_LENGTH or any(len(label) > LABEL_LENGTH for label in domain):
        raise ValueError(f"is too long for DNS; a label has at most {LABEL_LENGTH} characters, a name {DNS_LENGTH}")
    if not all(_LABEL.fullmatch(label) for label in (own, *domain)):
        raise ValueError(
            "is not a computer name; use letters, digits and hyphens, beginning with a letter or digit, as PC-017"
        )
    return text


def address(text: str) -> str:
    """An IPv4 or IPv6 address in its canonical form, or a DNS name in lower case."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        pass
    else:
        if found.is_unspecified or found.is_multicast or text == "255.255.255.255":
            raise ValueError("is not the address of one device; give its own IP address or DNS name")
        return str(found)
    labels = text.rstrip(".").split(".")
    too_long = len(text) > DNS_LENGTH or any(len(label) > LABEL_LENGTH for label in labels)
    if _LOOKS_LIKE_IPV4.fullmatch(text) or too_long or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("is not an address; give an IPv4 address, an IPv6 address or a DNS name")
    return ".".join(labels).lower()


def device_class(text: str) -> str:
    """One of the four classes."""
    if text.lower() not in CLASSES:
        raise ValueError(f"is not a class; use {', '.join(CLASSES[:-1])} or {CLASSES[-1]}")
    return text.lower()


def exposure(text: str) -> str:
    """Who can reach the device."""
    words = [one.value for one in Exposure]
    if text.lower() not in words:
        raise ValueError(f"does not say who can reach it; use {' or '.join(words)}")
    return text.lower()


def mac(text: str) -> str:
    """A network card's address as ``00:1a:2b:3c:4d:5e``; colons, hyphens, dots or nothing between are read."""
    if not _MAC.fullmatch(text.lower()):
        raise ValueError("is not a MAC address; write six pairs of hexadecimal digits, as 00:1a:2b:3c:4d:5e")
    digits = re.sub(r"[^0-9a-f]", "", text.lower())
    if digits == "0" * 12 or int(digits[:2], 16) & 1:
        raise ValueError("is not the MAC address of one network card; zero and multicast addresses wake nobody")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def boolean(text: str) -> bool:
    """Yes or no, in the spellings of YAML and of spreadsheets."""
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError("is neither yes nor no; use yes, no, true, false, on, off, 1 or 0")


def free_text(text: str) -> str:
    """One printable line that Ansible can never take for a template."""
    if _TEMPLATE.search(text):
        raise ValueError("looks like a template; a register holds plain text, without {{, {% and {#")
    if not text.isprintable():
        raise ValueError("holds a line break or a control character; write one plain line")
    return text
