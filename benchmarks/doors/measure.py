"""One contestant and one full queue: rate, CPU, memory."""

import time
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from benchmarks._processes import cpu_s, family, forget_peaks, machine_cpu_s, peak_bytes
from benchmarks.doors.contestants import Contestant
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Unavailable
from streams.ops.settings import MIB, Settings

# Between these shares of the queue it is measured: no start, no end.
FROM, TO = 0.1, 0.95
LOOK_S = 0.02
DONE_S = 300.0


@dataclass
class DoorRow:
    """`cpu_s`: of the door for 100,000 messages. `others`: cores busy with anything else than the door."""

    door: str
    contestant: str
    body_bytes: int
    per_s: float
    cpu_s: float
    others: float
    peak_mib: float
    waiting: int


class Records:
    """How many a topic has."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": "bench-doors"})
        self._places = [TopicPartition(topic, number) for number in range(settings.partitions)]

    def count(self) -> int:
        return sum(self._consumer.get_watermark_offsets(place, timeout=10)[1] for place in self._places)

    def close(self) -> None:
        self._consumer.close()


def drained(one: Contestant, records: Records, messages: int, folder: Path) -> tuple[float, float, float, float]:
    """Messages a second, CPU seconds for 100,000, cores of others, and the most MiB. Raises Unavailable."""
    before = records.count()
    child = Child(one.command, folder / f"{one.name}.log", env=one.env)
    try:
        _until(child, records, before + FROM * messages)
        processes = family(child.pid)
        forget_peaks(processes)
        began_s, used_s, all_s, had = time.monotonic(), cpu_s(processes), machine_cpu_s(), records.count()
        _until(child, records, before + TO * messages)
        took_s, done = time.monotonic() - began_s, records.count() - had
        own_s = cpu_s(processes) - used_s
        others = (machine_cpu_s() - all_s - own_s) / took_s
        peak = peak_bytes(processes) / MIB
        _until(child, records, before + messages)
        time.sleep(1)  # the last acknowledgements
    finally:
        child.stop()
    return done / took_s, own_s / done * 100_000, others, peak


def _until(child: Child, records: Records, count: float) -> None:
    deadline_s = time.monotonic() + DONE_S
    while records.count() < count:
        if not child.running() or time.monotonic() > deadline_s:
            raise Unavailable(f"{child.last_words()}")
        time.sleep(LOOK_S)
