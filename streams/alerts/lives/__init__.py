"""Alerts of a user: opened, updated, resolved; the user's own bounds and clock. Pure."""

from streams.alerts.lives.alert import Life, alert_id
from streams.alerts.lives.threshold import Threshold
from streams.alerts.lives.timers import GRACE_MS
from streams.alerts.lives.user import PersonalBounds
from streams.alerts.lives.user_clock import is_zone

__all__ = ["GRACE_MS", "Life", "PersonalBounds", "Threshold", "alert_id", "is_zone"]
