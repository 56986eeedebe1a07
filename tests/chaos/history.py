"""History under chaos: an API that answers badly, how far the jobs are, and what must be true of them in the end.

| question | asked of |
|---|---|
| did every job end: complete, or empty and to be asked again? | the last word of each in `fetch_progress` |
| is each step of a job, and each page, there once? | step numbers, and the ids of the events of pages |
| does `backfills` say of each history what became of its job? | the last record of each key |
| was nothing fetched twice but what a fault, or a kill, cost? | the API's own counts |
| is no page dated later than it was stored? | its header, and Kafka's time, which no fault here bends |
| did the fetchers together keep to the rate? | the API's own counts |
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
from confluent_kafka import Consumer, TopicPartition

from connectors.history.fetcher.page_events import DOOR
from streams.events import topics
from streams.events.headers import H_DOOR, H_ID, H_TIME, header
from streams.kafka.lag import Lag
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.api.keys import MANAGEMENT_KEY
from streams.simulator.calendar import iso
from streams.tables.history import progress
from streams.tables.history.job import JobStatus
from streams.tables.history.progress import JobProgress

if TYPE_CHECKING:
    from tests.chaos.reading import Found
    from tests.chaos.verify import Findings
    from tests.chaos.world import Load
    from tests.folding import RawRecord

API = "api"  # name of the service
WORLD = {"users": 20, "days": 2, "history_days": 30}
DRAIN_S = 240.0  # an answer 401 parks a job for a minute
RATE_PER_S = 40
TIMEOUT_S = 3
PAGE_SIZE = 200
# Shares of all answers. None of them makes the API say that there is nothing where there is something.
FAULTS = {
    "unauthorized": 0.002, "limited": 0.01, "limited_with_wait": 0.01, "unavailable": 0.03, "hung": 0.005, "cut": 0.02,
    "truncated": 0.01, "repeated_cursor": 0.01, "looping_cursor": 0.01, "empty_page": 0.03, "changed_data": 0.05,
}  # fmt: skip
CIRCLES = ("repeated_cursor", "looping_cursor")
# What may be asked again. A circle: the pages of a window. A kill: the calls under way, and those not yet committed.
PER_CIRCLE, PER_KILL = 8, 16
AGAIN_SHARE_MAX = 0.08  # of all that is needed; circles that the API makes up included
AHEAD_MS_MAX = 1_000
BURST = 1.5  # a second may see those that a fetcher was allowed just before its share became smaller


def command(load: Load, settings: Settings) -> tuple[str, ...]:
    """The fake API over the world of the load, with its faults."""
    world = ["--users", load.users, "--days", load.days, "--seed", load.seed, "--history-days", load.history_days]
    shape = ["--end", iso(load.end_ms), "--generation", "mixed", "--page-size", PAGE_SIZE]
    faults = [word for name, share in FAULTS.items() for word in ("--fault", f"{name}={share}")]
    port = settings.junction_url.rpartition(":")[2]
    return ("-m", "streams.cli", "fake-api", "--port", port, *map(str, world), *map(str, shape), *faults)


def env(url: str) -> dict[str, str]:
    """Of the fetchers: access tokens, so that a 401 now and then costs a new one."""
    return {
        "STREAMS_JUNCTION_URL": url,
        "STREAMS_JUNCTION_MANAGEMENT_URL": url,
        "STREAMS_JUNCTION_MANAGEMENT_KEY": MANAGEMENT_KEY,
        "STREAMS_JUNCTION_ORG_ID": "chaos-org",
        "STREAMS_JUNCTION_TEAM_ID": "chaos-team",
        "STREAMS_JUNCTION_REQUESTS_PER_S": str(RATE_PER_S),
        "STREAMS_JUNCTION_TIMEOUT_S": str(TIMEOUT_S),
    }


@dataclass(frozen=True)
class Calls:
    """Of pages and streams, as the API counted them. `needed`: different questions that were answered whole; `faulty`:
    answers with a fault, after which one has to ask again; `again`: whole answers to what had been answered."""

    all: int
    needed: int
    faulty: int
    again: int
    circles: int
    kills: int
    peak_per_s: int

    def __str__(self) -> str:
        share = self.again / max(1, self.needed)
        return (
            f"{self.all:,} calls of the API: {self.needed:,} needed, {self.faulty:,} with a fault, {self.again:,} "
            f"({share:.1%}) again, by {self.kills} kills and {self.circles} cursors in circles; "
            f"at most {self.peak_per_s} a second, {RATE_PER_S} allowed"
        )


class Jobs:
    """All jobs of the fetchers by their last word, as far as it is read: every question reads on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        name = f"{settings.topic_prefix}.{topics.FETCH_PROGRESS}"
        conf = {"group.id": "chaos-jobs", "isolation.level": "read_committed"}
        self._consumer = Consumer(for_librdkafka(settings) | conf)
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in range(settings.partitions)])
        self._last: dict[tuple[str, ...], JobProgress] = {}
        self.words = 0

    def look(self) -> None:
        """Read what there is."""
        while found := self._consumer.consume(1000, 0.1):
            for message in found:
                if message.error() is None:
                    self.words += 1
                    said = _word(message.value())
                    self._last[_key(said)] = said

    @property
    def open(self) -> int:
        self.look()
        return sum(not is_over(said) for said in self._last.values())

    def await_word(self, timeout_s: float) -> None:
        """Wait until a fetcher has said something that it had not when this was called."""
        self.look()
        deadline_s, before = time.monotonic() + timeout_s, self.words
        while self.words == before and time.monotonic() < deadline_s:
            self.look()

    def is_over(self) -> bool:
        """Every request has been taken up, and every job has ended."""
        fetchers = self._settings.model_copy(update={"group_id": topics.fetch_group(self._settings.group_id)})
        lag = Lag(fetchers, [f"{self._settings.topic_prefix}.{topics.FETCH_JOBS}"])
        try:
            with suppress(Unavailable):
                return lag.records() == 0 and self.open == 0
        finally:
            lag.close()
        return False

    def calls(self, kills: int) -> Calls:
        """What the API counted; the question by which each fetcher begins is left out."""
        said = httpx.get(f"{self._settings.junction_url}/fake/counts", timeout=10).json()
        starts, starts_again = said["endpoints"].get("providers", 0), said["again_by"].get("providers", 0)
        needed, again = said["answered"] - 1, said["again"] - starts_again
        everything, circles = said["requests"] - starts, sum(said["faults"].get(name, 0) for name in CIRCLES)
        return Calls(everything, needed, everything - needed - again, again, circles, kills, said["peak_per_s"])

    def close(self) -> None:
        self._consumer.close()


def _word(value: bytes | None) -> JobProgress:
    said = progress.decode(value or b"")
    assert isinstance(said, JobProgress)
    return said


def _key(said: JobProgress) -> tuple[str, ...]:
    return said.user_id, said.provider, said.resource, said.workout_id


def is_over(said: JobProgress) -> bool:
    """Also where an empty answer is asked again later."""
    return not said.due_ms or said.status is JobStatus.EMPTY


def pages(found: Found) -> list[RawRecord]:
    """Events that fetchers stored."""
    return [record for record in found.raw if header(record.headers, H_DOOR) == DOOR]


def check(findings: Findings, found: Found, prefix: str) -> None:
    """What the fetchers said and stored, by itself and against `backfills`."""
    words = [_word(record.value) for record in found.progress]
    check_steps(findings, words)
    ids = Counter(header(record.headers, H_ID) for record in pages(found))
    for id, n in ids.items():
        if n > 1:
            findings.note("repeated", "page", id, n - 1)
    check_times(findings, pages(found))
    last = {_key(word): word for word in words}
    for key, word in last.items():
        if not is_over(word):
            findings.note("lost", "job without an end", key)
        elif word.status is JobStatus.FAILED:
            findings.note("wrong", f"job failed, {word.reason}", key)
    check_backfills(findings, found, prefix, last)
    findings.checked |= {"jobs": len(last), "pages' events": len(ids)}


def check_times(findings: Findings, fetched: list[RawRecord]) -> None:
    """No page says that it is of later than when it was stored, whatever the fetcher's clock says: what comes by
    webhook afterwards would be taken for older."""
    for record in fetched:
        said_ms = datetime.fromisoformat(header(record.headers, H_TIME)).timestamp() * 1000
        if said_ms > record.timestamp + AHEAD_MS_MAX:
            findings.note("wrong", "page of the future", f"{record.topic}[{record.partition}] {record.offset}")


def check_steps(findings: Findings, words: list[JobProgress]) -> None:
    """The steps of each job have growing numbers. The stream of one workout leaves no job behind: it begins anew."""
    last: dict[tuple[str, ...], JobProgress] = {}
    for word in words:
        before = last.get(_key(word))
        is_new = before is None or bool(word.workout_id and word.seq == 0 and is_over(before))
        if before is not None and not is_new and word.seq <= before.seq:
            findings.note("repeated" if word.seq == before.seq else "disordered", "step of a job", _key(word))
        last[_key(word)] = word


def check_backfills(findings: Findings, found: Found, prefix: str, last: dict[tuple[str, ...], JobProgress]) -> None:
    """What a person is told is what became of the job."""
    told = {m.key(): record["status"] for m, record in found.clean if record and m.topic() == f"{prefix}.backfills"}
    for (*key, workout_id), word in last.items():
        status = told.get(":".join(key).encode())
        if not workout_id and status != word.status:
            findings.note("wrong", f"backfill says {status}, its job {word.status}", key)


def check_calls(findings: Findings, calls: Calls) -> None:
    """Neither more calls than kills and faults explain, nor more in a second than is allowed."""
    most = min(calls.kills * PER_KILL + calls.circles * PER_CIRCLE, int(calls.needed * AGAIN_SHARE_MAX))
    if calls.again > most:
        findings.note("wrong", "calls of the API", f"{calls.again} were asked again, {most} may be")
    if calls.peak_per_s > RATE_PER_S * BURST:
        findings.note("wrong", "calls of the API", f"{calls.peak_per_s} in a second, {RATE_PER_S} are allowed")
