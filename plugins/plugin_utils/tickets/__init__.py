# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tickets on their way from the ledger into ticket systems (docs/tickets.md).

    destination = read_destination(variables["nightshift_tickets"], "group_vars/all.yml")
    report = deliver(ledger, Routes(destination, members), holder, clock)

``compose`` says in the ledger what each system is to be told, ``delivering`` tells it, exactly once,
``polling`` learns what people closed there; ``systems`` are the five kinds of ticket system.
"""
