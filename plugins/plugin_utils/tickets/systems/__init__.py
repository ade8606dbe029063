# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kinds of ticket system, by their names in ``nightshift_tickets.backend``."""

from __future__ import annotations

from ..destination import (
    Destination,
    GlpiAccess,
    RequestTrackerAccess,
    ServiceNowAccess,
    SmtpAccess,
    WebhookAccess,
)
from ..system import TicketSystem
from .glpi import Glpi
from .request_tracker import RequestTracker
from .servicenow import ServiceNow
from .smtp import Mail
from .webhook import Webhook


def connect(destination: Destination) -> TicketSystem:
    """Return the ticket system of a destination; nothing is sent yet. Raises Unreachable for an unreadable CA file."""
    match destination.access:
        case SmtpAccess() as access:
            return Mail(destination, access)
        case RequestTrackerAccess() as access:
            return RequestTracker(destination, access)
        case ServiceNowAccess() as access:
            return ServiceNow(destination, access)
        case GlpiAccess() as access:
            return Glpi(destination, access)
        case WebhookAccess() as access:
            return Webhook(destination, access)
