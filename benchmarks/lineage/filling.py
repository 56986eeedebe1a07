"""Fills an index from made-up records, in a process of its own, so that its memory is that of filling alone."""

import json
import random
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.lineage import world
from streams.events.schemas import schema_text
from streams.kafka import codec
from streams.lineage.index.rows import keys, wire
from streams.lineage.index.temporary import TemporaryIndex
from streams.ops.errors import Unavailable

RECORDS_AT_ONCE = 100  # as the index reads them
REST_S = 120.0
SAMPLES, PAUSE_S = 500, 0.02
MIB = 1 << 20


@dataclass(frozen=True)
class Filled:
    """What filling took. `cpu_s`: of the whole process, RocksDB's threads included."""

    rows: int
    a_record: int
    seconds: float
    cpu_s: float
    bytes_a_row: float
    peak_mib: float
    asked_ms: tuple[float, float] | None = None  # by id, meanwhile: p50 and p99

    def lines(self) -> list[str]:
        """For people."""
        rate, of_core = self.rows / self.seconds, self.rows / self.cpu_s
        million = 10_000_000 / rate
        return [
            f"{self.rows:,} deliveries, {self.a_record} a record",
            f"  filled          {rate:,.0f} deliveries/s by the clock, {of_core:,.0f} a core",
            f"  10 million      in {million:,.0f} s",
            f"  disk            {self.bytes_a_row:.1f} bytes a delivery",
            f"  memory          {self.peak_mib:.0f} MiB at most",
            *([] if self.asked_ms is None else [timed_line("id, meanwhile", self.asked_ms)]),
        ]


def fill(folder: Path, shape: world.Shape) -> Filled:
    """An index in a folder. Raises Unavailable where that does not end well."""
    command = [sys.executable, "-m", "benchmarks.lineage.filling", str(folder), *map(str, shape)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise Unavailable("the index was not filled")
    return Filled(**json.loads(done.stdout))


def _fill(folder: Path, shape: world.Shape) -> Filled:
    index = TemporaryIndex(folder)
    layout = wire.layout_of(codec.bare(json.loads(schema_text("Lineage")))) or ()
    made = [sys.executable, "-m", "benchmarks.lineage.world", *map(str, shape)]
    with subprocess.Popen(made, stdout=subprocess.PIPE) as source:
        assert source.stdout is not None
        stream, asking = world.read(source.stdout), Asking(index, shape)
        began, cpu = time.perf_counter(), time.process_time()
        for n, (partition, body) in enumerate(stream):
            index.writer.add_columns(wire.split(body, layout), partition)
            if n % RECORDS_AT_ONCE == 0:
                index.writer.commit({keys.NOTE + b"bench": b"%d" % n})
                asking.until = n
        index.writer.commit()
        index.store.database.flush()
        asked_ms = asking.stop()
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    if source.returncode:
        raise Unavailable("the records were not made")
    size = _at_rest(index)
    index.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Filled(shape.rows, shape.a_record, seconds, cpu_s, size / shape.rows, peak, asked_ms)


class Asking:
    """Asks by id, again and again, while another thread fills the index. `until`: number of records that are in it."""

    def __init__(self, index: TemporaryIndex, shape: world.Shape) -> None:
        self.until = 0
        self._index = index
        numbers = range(0, shape.records, max(shape.records // SAMPLES, 1))
        self._sample = [(n, next(world.told(world.record_of(shape, n)[1]))) for n in numbers]
        self._stop = threading.Event()
        self._taken: list[float] = []
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        dice = random.Random(1)
        while not self._stop.wait(PAUSE_S):
            there = [one for n, one in self._sample if n < self.until]
            if there:
                one = dice.choice(there)
                began = time.perf_counter()
                assert self._index.deliveries(one.delivery_id)[0].owner_id == one.owner_id
                self._taken.append(time.perf_counter() - began)

    def stop(self) -> tuple[float, float] | None:
        """p50 and p99, milliseconds; None where nothing could be asked."""
        self._stop.set()
        self._thread.join()
        return halves(self._taken) if self._taken else None


def halves(taken_s: Sequence[float]) -> tuple[float, float]:
    """p50 and p99, milliseconds."""
    taken = sorted(taken_s)
    return taken[len(taken) // 2] * 1000, taken[len(taken) * 99 // 100] * 1000


def timed_line(name: str, found: tuple[float, float]) -> str:
    """For people."""
    return f"  {name:<15} p50 {found[0]:.2f} ms, p99 {found[1]:.2f} ms"


def _at_rest(index: TemporaryIndex) -> int:
    """Bytes on the disk, once they stay the same."""
    last, deadline = -1, time.monotonic() + REST_S
    while (size := index.store.database.bytes_on_disk()) != last and time.monotonic() < deadline:
        last = size
        time.sleep(2)
    return size


if __name__ == "__main__":
    found = _fill(Path(sys.argv[1]), world.Shape(*map(int, sys.argv[2:])))
    print(json.dumps(asdict(found)))
