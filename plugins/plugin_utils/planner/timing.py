# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an update that is wanted may start now, and if not, when."""

from __future__ import annotations

from datetime import datetime

from .attempts import restart_outstanding
from .calendar import describe
from .decisions import Disposition
from .fitting import expected, latest_start, minutes, never_fits
from .local_time import span
from .model import ErrorClass, Outcome, ScanTrust, Update
from .occasions import OccasionKind
from .reasons import Reason
from .ruling import Gate, Ruling
from .situation import Situation


def scan_not_trusted(update: Update, situation: Situation) -> Ruling | None:
    """A search that cannot be believed says neither what is missing nor what is not."""
    scan = situation.state.scan
    if scan is None or scan.trust is not ScanTrust.UNKNOWN:
        return None
    detail = {"scanned": situation.local(scan.finished_at), "zone": str(situation.policy.zone)}
    return _wait(Reason.SCAN_NOT_TRUSTED, detail)


def window_closed(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 2: outside a window an update waits for the next one."""
    occasion, zone = situation.occasion, situation.policy.zone
    if occasion.kind is not OccasionKind.CLOSED:
        return None
    if occasion.following is None:
        return _wait(Reason.NO_WINDOW, {})
    detail = {"window": describe(occasion.following, zone), "zone": str(zone)}
    return _wait(Reason.WAIT_FOR_WINDOW, detail, occasion.following.opens)


def catch_up_waits(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 4: a missed window is made up for after a scan of the same day and a delay."""
    occasion, zone = situation.occasion, situation.policy.zone
    if occasion.kind is not OccasionKind.CATCH_UP or occasion.occurrence is None or occasion.is_open(situation.now):
        return None
    detail = {"window": describe(occasion.occurrence, zone), "zone": str(zone)}
    if occasion.scan_wanted:
        detail["delay"] = span(situation.policy.install.catch_up_delay)
        return _wait(Reason.CATCH_UP_SCAN, detail, _earliest(situation, None))
    if occasion.starts is None:
        return _wait(Reason.CATCH_UP_ANOTHER_DAY, detail, _earliest(situation, occasion.ends))
    detail["at"] = situation.local(occasion.starts)
    return _wait(Reason.CATCH_UP_DELAY, detail, _earliest(situation, occasion.starts))


def not_applicable(update: Update, situation: Situation) -> Ruling | None:
    """An update that the device calls inapplicable, yet lists as missing, is tried once per window."""
    last, occasion = situation.standing(update.id).last, situation.occasion
    if last is None or last.outcome is not Outcome.NOT_APPLICABLE or occasion.opens is None or last.at < occasion.opens:
        return None
    detail = {"tried": situation.local(last.at), "zone": str(situation.policy.zone)}
    until = occasion.following.opens if occasion.following else None
    return Ruling(Disposition.WAIT, Reason.NOT_APPLICABLE, detail, until)


def restart_first(update: Update, situation: Situation) -> Ruling | None:
    """Some updates refuse to install while a restart is pending (field notes, classes of HRESULT)."""
    failure = situation.standing(update.id).last_failure
    if failure is None or failure.error_class is not ErrorClass.RESTART_FIRST:
        return None
    if not restart_outstanding(failure, situation.state.observation):
        return None
    detail = {"failed": situation.local(failure.at), "zone": str(situation.policy.zone)}
    return _wait(Reason.RESTART_FIRST, detail)


def retry_delay(update: Update, situation: Situation) -> Ruling | None:
    """Helpdesk 6: a failed installation is retried, not at once."""
    standing = situation.standing(update.id)
    if standing.last is None or standing.retry_at is None or standing.retry_at <= situation.now:
        return None
    detail = {
        "tried": situation.local(standing.last.at),
        "zone": str(situation.policy.zone),
        "at": situation.local(standing.retry_at),
    }
    return _wait(Reason.RETRY_DELAY, detail, standing.retry_at)


def on_battery(update: Update, situation: Situation) -> Ruling | None:
    """A device that runs on battery waits, unless the policy allows it; unknown counts as mains."""
    seen = situation.state.observation
    if situation.policy.install.on_battery or seen is None or not seen.on_battery:
        return None
    return _wait(Reason.ON_BATTERY, {})


def low_space(update: Update, situation: Situation) -> Ruling | None:
    """An installation that would fill the system drive is not begun."""
    seen, needed = situation.state.observation, situation.policy.install.min_free_bytes
    if seen is None or seen.free_bytes is None or seen.free_bytes >= needed:
        return None
    return _wait(Reason.LOW_SPACE, {"free": _gibibytes(seen.free_bytes), "needed": _gibibytes(needed)})


def no_time_left(update: Update, situation: Situation) -> Ruling | None:
    """Msp 3: nothing starts that cannot be expected to end before the window closes."""
    occasion, policy = situation.occasion, situation.policy
    limit = latest_start(update, situation)
    if limit is None or occasion.ends is None or situation.now < limit:
        return None
    needed, alone = occasion.ends - limit, expected(update, situation)
    detail = {
        "minutes": str(minutes(alone)),
        "restart": f" and {minutes(needed - alone)} for its restart" if needed > alone else "",
    }
    again = occasion.ends if policy.install.catch_up else None
    if never_fits(needed, situation):
        return _wait(Reason.LONGER_THAN_WINDOWS, detail, _earliest(situation, again))
    detail |= {"closes": situation.local(occasion.ends), "zone": str(policy.zone)}
    return _wait(Reason.NO_TIME_LEFT, detail, _earliest(situation, again))


def _wait(reason: Reason, detail: dict[str, str], until: datetime | None = None) -> Ruling:
    return Ruling(Disposition.WAIT, reason, detail, until, owed=True)


def _earliest(situation: Situation, moment: datetime | None) -> datetime | None:
    """Return ``moment`` or the next opening, whichever comes first."""
    following = situation.occasion.following
    moments = [one for one in (moment, following.opens if following else None) if one is not None]
    return min(moments, default=None)


def _gibibytes(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"


GATES: tuple[Gate, ...] = (
    scan_not_trusted,
    window_closed,
    catch_up_waits,
    not_applicable,
    restart_first,
    retry_delay,
    on_battery,
    low_space,
    no_time_left,
)

#: An emergency lifts the windows, and nothing that is about the device or the update itself (campus 4).
EMERGENCY_GATES: tuple[Gate, ...] = tuple(
    gate for gate in GATES if gate not in (window_closed, catch_up_waits, no_time_left)
)
