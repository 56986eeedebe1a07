"""What is known about the history of a provider before asking (domain file, 5.3, 5.6)."""

from enum import StrEnum

from streams.events import resources
from streams.events.times import MINUTE_MS

# The notice is sent at once and proves nothing; all history is sent as incremental events.
LIVE_HISTORY = frozenset({"garmin"})
# No notice is ever sent: we request history some time after the connection. Provider → days of history (5.2).
SILENT = {"dexcom": 1}
SILENT_AFTER_MS = 15 * MINUTE_MS
# Providers whose history holds these resources only: an empty answer for others is final.
ONLY = {"polar": frozenset({"sleep", "sleep_cycle", "heartrate", "hrv", "respiratory_rate"})}
# A user may have none for ever.
OPTIONAL = frozenset({"profile"})


class NotExpected(StrEnum):
    """Why nothing is fetched after a notice."""

    LIVE_HISTORY = "history_comes_as_events"
    HISTORY_PUSHED = "history_was_pushed"  # by a pipeline, before its notice
    UNKNOWN_RESOURCE = "unknown_resource"
    REMOVED_RESOURCE = "removed_resource"
    NO_RANGE = "notice_without_range"
    OUT_OF_REACH = "range_out_of_reach"  # all of it before 2000, or ahead of now


def not_expected(provider: str, resource: str, *, has_range: bool, is_pushed: bool = False) -> NotExpected | None:
    """Why a notice of history is not fetched; None: fetch it. `is_pushed`: its data came before it, as events."""
    row = resources.get(resource)
    if row is None:
        return NotExpected.UNKNOWN_RESOURCE
    if row.legacy:
        return NotExpected.REMOVED_RESOURCE
    if provider in LIVE_HISTORY:
        return NotExpected.LIVE_HISTORY
    if is_pushed:
        return NotExpected.HISTORY_PUSHED
    if not has_range and row.name != "profile":
        return NotExpected.NO_RANGE
    return None


def is_empty_final(provider: str, resource: str) -> bool:
    """Whether an empty answer is final. Otherwise the notice may have been sent before the data: ask again."""
    return resource in OPTIONAL or (provider in ONLY and resource not in ONLY[provider])
