"""The path in one process without Kafka: raw records through the product's folds, over RocksDB as the engine has it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import rocksdict

from benchmarks._events import Raw
from streams.agents import assembly, summaries, timeseries
from streams.agents.steps import connection_rows, entities, folding, sample_records
from streams.engine.store.database import DatabaseOptions
from streams.events import topics
from streams.kafka.codec import Codec
from streams.payloads import drift
from streams.tables import samples
from streams.tables.draft import Draft

PREFIX = "junction"
EVENTS_MAX, BYTES_MAX = 500, 4 * 1024 * 1024  # of one transaction here
# What is timed: (stage, where its function is looked up, its name). A stage's time is without the stages it calls.
_STAGES: tuple[tuple[str, Any, str], ...] = (
    ("headers", folding, "provenance_of"),
    ("decode", folding, "decode"),
    ("verdicts", samples, "judge"),
    ("verdicts", entities, "judge"),
    ("connection", connection_rows, "imply"),
    *(("connection", agent, "count_data") for agent in (summaries, timeseries)),
    ("drift", folding, "note"),
    ("drift", drift, "of_series"),
    ("drift", drift, "of_summary"),
    ("head", entities, "head"),
    ("head", sample_records, "head"),
    ("avro", Codec, "encode"),
)


class Stages:
    """CPU seconds by stage, each without those that it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._running = ["rest"]
        self._since = time.thread_time()

    def net(self) -> dict[str, float]:
        """CPU seconds without what the clock costs, half of it to the caller's stage, which is nearly always `rest`."""
        half_s = clock_s() / 2
        net = {stage: s - half_s * self.calls[stage] for stage, s in self.seconds.items()}
        net["rest"] -= half_s * sum(self.calls.values())
        return {stage: max(s, 0.0) for stage, s in net.items()}

    def switch(self, now: float) -> None:
        self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(*args: Any, **named: Any) -> Any:
            self.switch(time.thread_time())
            self._running.append(stage)
            self.calls[stage] += 1
            try:
                return call(*args, **named)
            finally:
                self.switch(time.thread_time())
                self._running.pop()

        return timed

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Every stage's function is timed, until the end."""
        before = [(where, name, getattr(where, name)) for _, where, name in _STAGES]
        for (stage, where, name), (_, _, call) in zip(_STAGES, before, strict=True):
            setattr(where, name, self.timed(stage, call))
        try:
            yield
        finally:
            for where, name, call in before:
                setattr(where, name, call)


def clock_s() -> float:
    """What timing one call costs."""
    stages, n = Stages(), 20_000
    call = stages.timed("nothing", lambda: None)
    began_s = time.thread_time()
    for _ in range(n):
        call()
    return (time.thread_time() - began_s) / n


class Tables:
    """One database a table, with the engine's own options."""

    def __init__(self, folder: Path) -> None:
        self._stores = {name: DatabaseOptions().open(folder / name) for name in topics.TABLES}
        self.rows: dict[str, int] = defaultdict(int)

    def read(self, table: str, key: bytes) -> bytes | None:
        value: bytes | None = self._stores[table].get(key)
        return value

    def write(self, draft: Draft) -> None:
        for name, changed in draft.tables.items():
            batch = rocksdict.WriteBatch(raw_mode=True)
            for key, value in changed.items():
                if value is None:
                    batch.delete(key)
                else:
                    batch.put(key, value)
            self._stores[name].write(batch)

    def disk_bytes(self) -> dict[str, int]:
        """Of each table once everything is compacted."""
        for store in self._stores.values():
            store.flush()
            store.compact_range(None, None)
        return {
            name: int(store.property_value("rocksdb.live-sst-files-size") or 0) for name, store in self._stores.items()
        }

    def content_bytes(self) -> dict[str, int]:
        """Keys and values, as they are in the changelog."""
        return {name: sum(len(k) + len(v) for k, v in store.items()) for name, store in self._stores.items()}

    def close(self) -> None:
        for store in self._stores.values():
            store.close()


def run(records: Iterable[Raw], tables: Tables, stages: Stages | None = None) -> tuple[int, int]:
    """Fold everything; (records emitted, their bytes)."""
    write = stages.timed("state", tables.write) if stages else tables.write
    read = stages.timed("state", tables.read) if stages else tables.read
    folds = {f"{PREFIX}.{name}": fold for name, fold in assembly.folds(codec(), PREFIX).items()}
    emitted = out_bytes = 0
    draft, events, size = Draft(read), 0, 0
    for record in records:
        draft.run(folds[record.topic], record)
        events, size = events + 1, size + len(record.value)
        if events >= EVENTS_MAX or size >= BYTES_MAX:
            write(draft)
            emitted, out_bytes = emitted + len(draft.emits), out_bytes + sum(len(e.value or b"") for e in draft.emits)
            draft, events, size = Draft(read), 0, 0
    write(draft)
    return emitted + len(draft.emits), out_bytes + sum(len(e.value or b"") for e in draft.emits)


def codec() -> Codec:
    return Codec({name: number for number, name in enumerate(topics.avro_topics(), 1)})
