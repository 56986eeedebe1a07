"""An alert as it was last emitted, with its evidence, and the transitions of its life: opened, updated, resolved."""

from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from streams.alerts.episodes import Episode, Provenance, Resolution
from streams.alerts.rules import RuleKind, Severity
from streams.events import key_parts

ALERTS_MAX = 16  # of one rule and user


class Life(StrEnum):
    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Evidence(NamedTuple):
    """One point in time, and the record that reported it. `value` is emitted where the rule has `values = true`."""

    time_us: int
    provenance: Provenance
    value: float | None = None


class Alert(NamedTuple):
    """Times are those of the data, µs. `reminded_us`: the newest mark beyond that an emitted record covers."""

    id: str
    first_us: int
    opened_us: int
    revision: int = 1
    subject: str = ""
    ended_us: int | None = None
    resolution: Resolution | None = None
    reminded_us: int = 0
    evidence: tuple[Evidence, ...] = ()
    bound: float | None = None
    # Copied from the rule, which may be gone when the alert ends.
    kind: RuleKind = RuleKind.EVENT
    topic: str = ""
    severity: Severity = Severity.WARNING

    def touches(self, episode: Episode) -> bool:
        """Whether both are about the same subject and have a moment in common."""
        return (
            self.subject == episode.subject
            and (episode.ended_us is None or self.first_us <= episode.ended_us)
            and (self.ended_us is None or episode.first_us <= self.ended_us)
        )


class Transition(NamedTuple):
    life: Life
    alert: Alert


def alert_id(user_id: str, rule: str, first_us: int, subject: str) -> str:
    """32 hex digits, the same for the same arguments: a replay gives an alert the id that it had."""
    parts = key_parts.join("\0", (user_id, rule, str(first_us), subject))
    return blake2b(parts.encode(), digest_size=16).hexdigest()


def revised(alert: Alert, *, ended_us: int | None, resolution: Resolution | None) -> Alert:
    """The next revision of an alert."""
    return alert._replace(revision=alert.revision + 1, ended_us=ended_us, resolution=resolution)


def resolved(alert: Alert, at_us: int, resolution: Resolution) -> Alert:
    """The next revision of an alert, which is over."""
    return revised(alert, ended_us=at_us, resolution=resolution)
