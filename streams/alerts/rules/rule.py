"""A compiled rule: numbers in the unit of its field, durations in µs."""

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from streams.events import HOUR_US, MINUTE_US
from streams.payloads import to_json

CLOCKS_US = 15 * MINUTE_US  # records are not processed exactly in the order of their arrival


class RuleKind(StrEnum):
    THRESHOLD = "threshold"
    RATE = "rate"
    DEVIATION = "deviation"
    EVENT = "event"
    SILENCE = "silence"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the user's day in which no alert opens: minutes since local midnight; may cross it."""

    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind does not use has its default.

    `topic`: short name of a clean topic; `field`: one of its numbers. `side`: +1 above, -1 below.
    `bound` opens and `clear` calms: a value (threshold), a change (rate), a number of standard deviations (deviation).
    """

    name: str
    kind: RuleKind
    topic: str
    field: str = ""
    unit: str = ""
    severity: Severity = Severity.WARNING
    summary: str = ""
    link: str = ""
    has_values: bool = False
    is_enabled: bool = True
    max_age_us: int = HOUR_US
    cooldown_us: int = 0
    resolve_after_us: int = 0  # without a value beyond; 0: never by time
    remind_us: int = 0  # an update for each such time that it goes on; 0: none
    quiet: QuietHours | None = None
    # threshold, rate, deviation
    type: str = ""  # only samples of this type
    side: int = 1
    bound: float = 0.0
    clear: float = 0.0
    samples: int = 1
    within_us: int = 0
    lasting_us: int = 0
    clear_samples: int = 1
    change_within_us: int = 0  # rate: how far back the change is looked for
    days: int = 0  # deviation: length of the baseline
    days_min: int = 0
    # event
    where: tuple[tuple[str, frozenset[Any]], ...] = ()
    # silence
    longer_us: int = 0  # fixed; of a learned one the least
    factor: float = 0.0  # learned: times the usual gap; 0: fixed

    @property
    def fingerprint(self) -> int:
        """63 bits over all that decides how the rule judges. Summary, severity and quiet hours are not part of it."""
        judging = [
            self.kind, self.topic, self.field, self.unit, self.max_age_us, self.cooldown_us, self.resolve_after_us,
            self.side, self.bound, self.clear, self.samples, self.within_us, self.lasting_us, self.clear_samples,
            self.change_within_us, self.type, self.days, self.days_min, self.longer_us, self.factor,
            [[name, sorted(map(str, values))] for name, values in self.where],
        ]  # fmt: skip
        return int.from_bytes(blake2b(to_json(judging), digest_size=8).digest(), "big") >> 1

    def personal(self, bound: float | None, clear: float | None) -> "Rule":
        """The rule with a user's own bounds. Without `clear`, it keeps its distance to the bound."""
        if bound is None:
            return self if clear is None else replace(self, clear=clear)
        moved = self.clear + (bound - self.bound) if clear is None else clear
        return replace(self, bound=bound, clear=moved)
