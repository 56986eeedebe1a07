"""What a record says about the user's clock, and the times of a record without an offset."""

from streams.alerts.episodes import RecordView
from streams.alerts.lives.user import User
from streams.alerts.lives.user_clock import clock_version, from_local_us, with_clock
from streams.alerts.lives.user_update import UserUpdate
from streams.events import RESOURCES


def note_user(update: UserUpdate, view: RecordView, *, is_zone_needed: bool) -> bool:
    """Take in the user's zone, offset and customer ids. Returns whether the user's clock has moved."""
    record = view.record
    update.who = (record.get("client_user_id") or "", record.get("team_id") or "")
    zone = "" if view.is_floating else record.get("time_zone")  # of a floating one it was joined, not reported
    offset_s = record.get("timezone_offset_s")
    if not is_zone_needed or view.topic not in RESOURCES or not (zone or offset_s is not None):
        return False
    before = update.user
    update.user = with_clock(before, zone, offset_s, clock_version(view))
    return (update.user.zone, update.user.offset_s) != (before.zone, before.offset_s)


def view_in_utc(user: User, view: RecordView) -> RecordView | None:
    """The record with its times in UTC; None while the zone of a floating one is not known.

    The zone is the one that was joined into the record, unless a person gave one.
    """
    if not view.is_floating:
        return view
    joined = view.record.get("time_zone")
    if joined and not user.is_zone_given:
        user = user._replace(zone=joined)
    time_us = from_local_us(user, view.time_us)
    if time_us is None:
        return None
    shift_us, record = view.time_us - time_us, view.record
    if "times" in record:
        record = {**record, "times": [one - shift_us for one in record["times"]]}
    return view._replace(time_us=time_us, record=record)
