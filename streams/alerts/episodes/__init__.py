"""Marks of a series, and the episodes that follow from them: when a rule is true of a user. Pure."""

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.episodes.record_view import RecordView, view_of

__all__ = ["Episode", "Provenance", "RecordView", "Resolution", "view_of"]
