"""From episodes to alerts with a life: opened, updated, resolved. What was told before is compared, never repeated.

Episodes follow from all that is known now; `Told` is what the world heard. Where the two differ a transition leaves.
An alert keeps its id for life, also when late data move its beginning; a new episode that touches none gets a new one,
made from user, rule and the time of the first evidence: a replay makes the same.
"""

from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.rules.rule import RuleKind, Severity
from streams.events import key_parts

ALERTS_MAX = 16  # of one rule and user


class Life(StrEnum):
    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Evidence(NamedTuple):
    """One piece of evidence: a time and where it was said. `value` leaves only where the rule says so."""

    time_us: int
    evidence: Provenance
    value: float | None = None


class Alert(NamedTuple):
    """An alert as the world knows it. `reminded_us`: data time of the newest mark beyond that was spoken of.

    Kind, topic and severity are those of the rule, which may be gone when the alert ends.
    """

    id: str
    first_us: int
    opened_us: int
    revision: int = 1
    subject: str = ""
    ended_us: int | None = None
    how: Resolution | None = None
    reminded_us: int = 0
    proofs: tuple[Evidence, ...] = ()
    bound: float | None = None
    kind: RuleKind = RuleKind.EVENT
    topic: str = ""
    severity: Severity = Severity.WARNING

    def touches(self, episode: Episode) -> bool:
        """Whether both speak of the same: a common moment, and the same subject."""
        return (
            self.subject == episode.subject
            and (episode.ended_us is None or self.first_us <= episode.ended_us)
            and (self.ended_us is None or episode.first_us <= self.ended_us)
        )


class Transition(NamedTuple):
    life: Life
    alert: Alert


def alert_id(user_id: str, rule: str, first_us: int, subject: str) -> str:
    """32 hex digits that name an alert wherever and whenever it is found."""
    parts = key_parts.join("\0", (user_id, rule, str(first_us), subject))
    return blake2b(parts.encode(), digest_size=16).hexdigest()


def revised(told: Alert, *, ended_us: int | None, how: Resolution | None) -> Alert:
    return told._replace(revision=told.revision + 1, ended_us=ended_us, how=how)


def resolved(told: Alert, at_us: int, how: Resolution) -> Alert:
    """The alert, over."""
    return revised(told, ended_us=at_us, how=how)
