"""When records can be read: a reader of committed records, and what its notes say about gaps."""

import threading
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, pairwise

from confluent_kafka import Consumer, TopicPartition

from streams.events import topics
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

LOOK_S = 0.02
QUIET_S = 5.0  # of flow before something is done, and behind it
PATIENCE_S = 180.0
STILL_S = 3.0  # a partition with no record for so long has no owner
# The reader must not be what is waited for.
QUICK = {
    "reconnect.backoff.ms": 20,
    "reconnect.backoff.max.ms": 100,
    "retry.backoff.ms": 20,
    "retry.backoff.max.ms": 100,
    "fetch.wait.max.ms": 20,
    "fetch.error.backoff.ms": 20,
    "topic.metadata.refresh.fast.interval.ms": 50,
}


@dataclass
class Flow:
    """Monotonic times at which committed records arrived, by partition: `raw` of the gateway, `clean` of workers."""

    raw: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    clean: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def note(self, is_raw: bool, partition: int, at_s: float) -> None:
        """A record has arrived."""
        (self.raw if is_raw else self.clean)[partition].append(at_s)


def first_after(times: dict[int, list[float]], at_s: float) -> float | None:
    """When the first record of any partition arrived behind that time."""
    found = [noted[place] for noted in times.values() if (place := bisect_right(noted, at_s)) < len(noted)]
    return min(found, default=None)


def all_after(times: dict[int, list[float]], at_s: float) -> float | None:
    """When every partition has had a record behind that time."""
    firsts = [noted[place] for noted in times.values() if (place := bisect_right(noted, at_s)) < len(noted)]
    return max(firsts) if firsts and len(firsts) == len(times) else None


def longest_gap_s(times: dict[int, list[float]], from_s: float, to_s: float) -> float:
    """Longest time without a record of any partition."""
    merged = sorted(chain.from_iterable(times.values()))
    marks = [from_s, *merged[bisect_left(merged, from_s) : bisect_right(merged, to_s)], to_s]
    return max(after - before for before, after in pairwise(marks))


def partition_gap(times: dict[int, list[float]], from_s: float) -> tuple[float, bool]:
    """The longest time since then without a record in a partition, and whether all have had one of late."""
    now_s = time.monotonic()
    gaps = [longest_gap_s({partition: noted}, from_s, now_s) for partition, noted in times.items()]
    return max(gaps), all(noted[-1] > now_s - STILL_S for noted in times.values())


def wait_for(what: Callable[[], float | None], timeout_s: float) -> float:
    """The first answer that is not None. Raises Unavailable after `timeout_s`."""
    deadline_s = time.monotonic() + timeout_s
    while (found := what()) is None:
        if time.monotonic() > deadline_s:
            raise Unavailable(f"no record within {timeout_s:.0f} s")
        time.sleep(LOOK_S)
    return found


def settle(flow: Flow) -> None:
    """Return when records have flowed for a while."""
    wait_for(lambda: first_after(flow.clean, time.monotonic() - 1), PATIENCE_S)
    time.sleep(QUIET_S)


@contextmanager
def read(settings: Settings) -> Iterator[Flow]:
    """Notes of all records from now on."""
    flow, over = Flow(), threading.Event()
    raw = {f"{settings.topic_prefix}.{name}" for name in topics.RAW}
    names = raw | {f"{settings.topic_prefix}.{name}" for name in topics.clean_topics()}
    conf = {"group.id": "reader", "isolation.level": "read_committed", "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer(for_librdkafka(settings) | conf | QUICK | {"auto.offset.reset": "earliest"})

    def loop() -> None:
        while not over.is_set():
            for message in consumer.consume(1_000, LOOK_S):
                if message.error() is None:
                    flow.note(message.topic() in raw, message.partition(), time.monotonic())

    with closing(consumer):
        consumer.assign([TopicPartition(name, p, 0) for name in sorted(names) for p in range(settings.partitions)])
        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        try:
            yield flow
        finally:
            over.set()
            thread.join()
