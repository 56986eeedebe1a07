"""One rate for a while: sent, measured, and waited for until everything is committed."""

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmarks._processes import family, forget_peaks, peak_bytes
from benchmarks.load import disk, latency, receipts, use
from benchmarks.load.bodies import Bodies
from benchmarks.load.latency import Percentiles, Span
from benchmarks.load.seen import Seen
from benchmarks.load.stand import Stand, stop_sender
from streams.events import topics
from streams.kafka.lag import Lag
from streams.ops.errors import Misconfigured, Unavailable

WARM_UP_S = 4
TAIL_S = 1  # the sender goes on while the last look is taken
DRAIN_S = 90
FLUSHED_S = 0.5  # the reader writes what it saw within this
HELD_BACKLOG_S = 0.5  # a larger backlog at the end of a step, in seconds of its rate, says that it grew
HELD_SHARE = 0.98  # of what was to be accepted


@dataclass(frozen=True)
class Row:
    """Figures of one rate. `name`: `ours_N` with N workers, or the peer. Latencies from the gateway's receipt; `reply`:
    as the sender saw it, from when it was due.

    `lost`: accepted and not stored, or stored and not committed. `held`: accepted in time, without a growing backlog.
    `disk_bytes`: what an event of the step added, by class; in a short step the tables' part is mostly a log.
    """

    name: str
    rate: float
    seconds: float
    accepted: int
    accepted_per_s: float
    repeated: int
    refused: int
    failed: int
    unsent: int
    body_bytes: float
    late_p99_ms: float
    reply: Percentiles
    commit: Percentiles
    reader: Percentiles
    alert: Percentiles
    cpu_ms: dict[str, float]
    memory_mb: dict[str, float]
    others_cores: float
    busy_cores: float
    transactions_per_s: float
    records_a_transaction: float
    partitions_a_transaction: float
    backlog: int
    backlog_s: float
    lost: int
    held: bool
    statuses: dict[str, int] = field(default_factory=dict)
    disk_bytes: dict[str, int] = field(default_factory=dict)


Watched = Callable[[float], AbstractContextManager[object]]  # of a rate: a profile around it, or nothing


class Steps:
    """Runs one after the other on a stand; each goes on in the file of bodies where the one before ended."""

    def __init__(self, stand: Stand, bodies: Bodies, connections: int, watched: Watched) -> None:
        self._stand, self._bodies, self._connections, self._watched = stand, bodies, connections, watched
        self._seen = Seen(stand.seen, stand.settings.topic_prefix)
        names = [f"{stand.settings.topic_prefix}.{name}" for name in topics.RAW]
        self._lag = Lag(stand.settings, names)
        self._offset = 0

    def run(self, rate: float, seconds: float) -> Row:
        """Raises Misconfigured when one of the processes has ended, Unavailable when one does not answer."""
        begin = self._lag.ends()
        held = self._on_disk()
        command = self._stand.sender(
            self._bodies.file, self._offset, rate, WARM_UP_S + seconds + TAIL_S, self._connections
        )
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            with self._answering():
                before, after, memory = self._watch(sender.pid, rate, seconds)
            out, _ = sender.communicate()
            if sender.returncode:
                raise Misconfigured("the sender ended; what it said is above")
            said = json.loads(out)
        finally:
            stop_sender(sender)
        self._offset = said["next_offset"]
        left = self._drained()
        end = self._lag.ends()
        stored = receipts.read(self._stand.settings, begin, end)
        lost = sum((self._accepted() - Counter(stored.ids)).values()) + left
        added = disk.an_event(held, self._on_disk(), said["ok"])
        return self._row(rate, seconds, said, stored, before, after, memory, lost, added)

    def _on_disk(self) -> dict[str, int]:
        return disk.bytes_by_class(self._stand.folder, self._stand.settings.topic_prefix)

    def _watch(self, sender: int, rate: float, seconds: float) -> tuple[use.Look, use.Look, dict[str, float]]:
        """From the end of the warm-up for so long."""
        processes = {**self._stand.processes, "sender": family(sender)}
        time.sleep(WARM_UP_S)
        for ours in processes.values():
            forget_peaks(ours)
        before = use.look(processes, self._stand.metrics_urls)
        with self._watched(rate):
            time.sleep(seconds)
            after = use.look(processes, self._stand.metrics_urls)
        memory = {name: round(peak_bytes(ours) / 1e6, 1) for name, ours in processes.items()}
        return before, after, memory

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, psutil.Error) as error:
            self._stand.check()
            raise Unavailable(f"what is measured does not answer: {error}") from None
        self._stand.check()

    def _drained(self) -> int:
        """Wait until nothing is behind; returns what still is after `DRAIN_S`."""
        deadline = time.monotonic() + DRAIN_S
        while (left := self._behind()) and time.monotonic() < deadline:
            self._stand.check()
            time.sleep(0.2)
        time.sleep(FLUSHED_S)
        return left

    def _behind(self) -> int:
        try:
            return self._lag.records()
        except Unavailable:  # the group moves
            return 1

    def _accepted(self) -> "Counter[str]":
        return Counter(self._stand.accepted.read_text().split())

    def _row(
        self,
        rate: float,
        seconds: float,
        said: dict[str, Any],
        stored: receipts.Receipts,
        before: use.Look,
        after: use.Look,
        memory: dict[str, float],
        lost: int,
        disk_bytes: dict[str, int],
    ) -> Row:
        span = Span(before.at_s * 1000, after.at_s * 1000)
        commits, records = self._seen.news()
        events = latency.committed_ms(stored, commits)
        commit = latency.percentiles(latency.to_commit(events, span))
        backlog = latency.behind(events, span.end_ms)
        used = use.between(before, after, commit.n)
        per_s = commit.n / (after.at_s - before.at_s)
        refused = sum(said["refused"].values())
        return Row(
            name=self._stand.name,
            rate=rate,
            seconds=seconds,
            accepted=said["ok"],
            accepted_per_s=round(per_s, 1),
            repeated=said["repeated"],
            refused=refused,
            failed=said["failed"],
            unsent=said["unsent"],
            body_bytes=round(said["body_bytes"] / max(1, said["sent"]), 1),
            late_p99_ms=round(said["late_p99_ms"], 1),
            reply=Percentiles(said["ok"], *(round(said[name], 1) for name in ("p50_ms", "p99_ms", "p999_ms"))),
            commit=commit,
            reader=latency.percentiles(latency.to_reader(records, span)),
            alert=latency.percentiles(latency.to_alert(records, stored, span)),
            cpu_ms=used.cpu_ms,
            memory_mb=memory,
            others_cores=used.others_cores,
            busy_cores=used.busy_cores,
            transactions_per_s=used.transactions_per_s,
            records_a_transaction=used.records_a_transaction,
            partitions_a_transaction=used.partitions_a_transaction,
            backlog=backlog,
            backlog_s=round(backlog / rate, 2),
            lost=lost,
            held=per_s >= rate * HELD_SHARE and backlog <= rate * HELD_BACKLOG_S,
            statuses=said["refused"],
            disk_bytes=disk_bytes,
        )
