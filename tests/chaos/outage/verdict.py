"""What has to be true at the end, read back from Kafka by a client of our own."""

from collections import Counter
from dataclasses import dataclass

from streams.events import topics
from streams.events.headers import H_ID, header
from streams.ops.settings import Settings
from tests.chaos.outage.sender import TIMEOUT_S, Delivery
from tests.chaos.reading import committed


@dataclass(frozen=True)
class Verdict:
    """`lost`: got a 2xx and are not on a topic. `undelivered`: never got one. `repeated`: on a topic more than once.
    `late`: requests of 15 s and more. `cut`: without an answer."""

    deliveries: int
    accepted: int
    accepted_at_once: int
    accepted_on_a_retry: int
    lost: int
    undelivered: int
    repeated: int
    attempts: int
    answers: dict[str, int]
    slowest_s: float
    late: int
    cut: int
    retried_by_type: dict[str, int]

    def is_right(self, *, may_be_cut: bool = False) -> bool:
        """Nothing lost, all delivered in the end, every answer in time and of the kinds that a sender retries."""
        is_answered = {answer for answer in self.answers if answer.isdigit()} <= {"204", "503"}
        return is_answered and (may_be_cut or not self.cut) and not (self.lost or self.undelivered or self.late)


def stored(settings: Settings) -> Counter[str]:
    """Delivery id → how often it is on a raw topic."""
    names = [f"{settings.topic_prefix}.{name}" for name in topics.RAW]
    return Counter(header(message.headers() or [], H_ID) for message in committed(settings, names))


def judge(sent: list[Delivery], found: Counter[str]) -> Verdict:
    """Compare what was sent with what is there."""
    accepted = [one for one in sent if one.is_accepted]
    answers = Counter(outcome for one in sent for _, outcome in one.answers)
    took_s = [seconds for one in sent for seconds, _ in one.answers]
    return Verdict(
        deliveries=len(sent),
        accepted=len(accepted),
        accepted_at_once=sum(len(one.answers) == 1 for one in accepted),
        accepted_on_a_retry=sum(len(one.answers) > 1 for one in accepted),
        lost=sum(one.id not in found for one in accepted),
        undelivered=len(sent) - len(accepted),
        repeated=sum(n > 1 for n in found.values()),
        attempts=len(took_s),
        answers=dict(answers.most_common()),
        slowest_s=round(max(took_s, default=0.0), 2),
        late=sum(seconds >= TIMEOUT_S for seconds in took_s),
        cut=sum(n for answer, n in answers.items() if not answer.isdigit()),
        retried_by_type=dict(Counter(one.event_type for one in sent if len(one.answers) > 1).most_common()),
    )
