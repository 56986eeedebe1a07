"""What is on Kafka against what was confirmed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streams.events import H_ID, header, topics
from tests.chaos.doors.pipeline import Sending
from tests.doors import StoredMessage


@dataclass
class DoorVerdict:
    """`wrong`: records that nobody published, dead letters, ids that are not the message's. `repeated`: records more
    than messages. `unordered`: users whose records are not in the order published, repetitions aside."""

    published: int = 0
    stored: int = 0
    lost: int = 0
    wrong: int = 0
    repeated: int = 0
    unordered: int = 0

    @property
    def is_right(self) -> bool:
        return self.published > 0 and not (self.lost or self.wrong)


def judge(sent: Sequence[Sending], found: Sequence[StoredMessage]) -> DoorVerdict:
    """`found`: each partition in its order."""
    ids = {one.body: f"{one.event_type}/{one.key}" for one in sent}
    counts = Counter(one.value for one in found)
    wrong = sum(one.topic == topics.DEAD_LETTERS or ids.get(one.value) != header(one.headers, H_ID) for one in found)
    lost = sum(body not in counts for body in ids)
    return DoorVerdict(
        published=len(ids), stored=len(found), lost=lost, wrong=wrong,
        repeated=sum(counts.values()) - len(counts), unordered=_unordered(sent, found),
    )  # fmt: skip


def _unordered(sent: Sequence[Sending], found: Iterable[StoredMessage]) -> int:
    """Users of whom the last record of some message lies before the first record of an earlier one."""
    number = {one.body: n for n, one in enumerate(sent)}
    users = {one.body: one.user_id for one in sent}
    newest: dict[str, int] = {}
    broken: set[str] = set()
    first: set[bytes] = set()
    for record in found:
        if record.value in first or record.value not in number:
            continue
        first.add(record.value)
        user, n = users[record.value], number[record.value]
        if n < newest.get(user, -1):
            broken.add(user)
        newest[user] = max(n, newest.get(user, -1))
    return len(broken)
