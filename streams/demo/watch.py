"""What the demo sees: clean records as they are committed, and the two services' own metrics."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

import httpx
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.roles import NOBODY, Roles
from streams.events import topics
from streams.events.parts import USES, Part
from streams.kafka.reader import Decoded, Reader
from streams.ops.settings import Settings

POLL_S = 0.2


@dataclass
class Seen:
    """Everything read from the clean topics so far. Latencies in milliseconds, from the door to here."""

    records: list[Decoded] = field(default_factory=list)
    by_topic: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)

    def add(self, batch: list[Decoded]) -> None:
        now_ms = time.time() * 1000
        self.records += batch
        for decoded in batch:
            self.by_topic[decoded.topic] += 1
            received = ((decoded.record or {}).get("delivery") or {}).get("received_at")
            if received is not None:
                self.latencies_ms.append(now_ms - received.timestamp() * 1000)

    def percentile_ms(self, share: float) -> float | None:
        """None before the first record."""
        values = sorted(self.latencies_ms)
        return round(values[min(int(len(values) * share), len(values) - 1)], 1) if values else None


class Watch:
    """Reads every clean topic until `stop`, in a thread for each role: with logins no consumer reads all."""

    def __init__(self, settings: Settings, roles: Roles = NOBODY) -> None:
        self._readers = [_reader(settings, roles, part, names) for part, names in _shares(roles).items()]
        self._stop, self._asked = threading.Event(), threading.Event()
        self._drained = [threading.Event() for _ in self._readers]
        self._failure: Exception | None = None
        self.seen = Seen()
        self._threads = [
            threading.Thread(target=self._run, args=one, name="watch", daemon=True)
            for one in zip(self._readers, self._drained, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, reader: Reader, drained: threading.Event) -> None:
        try:
            while not self._stop.is_set():
                batch = reader.poll(POLL_S)
                self.seen.add(batch)
                if self._asked.is_set() and not batch and reader.at_end():
                    drained.set()
        except Exception as error:  # raised again where somebody waits
            self._failure = error
            drained.set()

    def wait_drained(self, timeout_s: float) -> bool:
        """Wait until everything committed by now has been read; raises what ended the reading.

        The reading threads themselves look for the end: another one could see it while the last records are decoded.
        """
        self._asked.set()
        until_s = time.monotonic() + timeout_s
        are_drained = [one.wait(max(0.0, until_s - time.monotonic())) for one in self._drained]
        if self._failure:
            raise self._failure
        return all(are_drained)

    def stop(self) -> None:
        """May be called again."""
        if self._stop.is_set():
            return
        self._stop.set()
        for thread, reader in zip(self._threads, self._readers, strict=True):
            thread.join(5)
            reader.close()


def _shares(roles: Roles) -> dict[Part, list[str]]:
    """Which role reads which clean topics: consumers what they may, people who look the rest."""
    left, shares = list(topics.clean_topics()), dict[Part, list[str]]()
    for part in (Part.CONSUMER, Part.LABS, Part.NOTES) if roles.by_part else ():
        shares[part] = [name for name in left if name in USES[part].receives]
        left = [name for name in left if name not in shares[part]]
    return {**shares, Part.SUPPORT: left}


def _reader(settings: Settings, roles: Roles, part: Part, names: Sequence[str]) -> Reader:
    full = [f"{settings.topic_prefix}.{name}" for name in names]
    return Reader(roles.settings(part, settings), full, from_beginning=True)


@cache
def http() -> httpx.Client:
    """One for all looks: each client makes a TLS context. No proxy stands between us and loopback."""
    return httpx.Client(timeout=2, trust_env=False)


def scrape(url: str, name: str) -> list[tuple[dict[str, str], int]]:
    """Labels and value of each sample of one metric on a /metrics page; empty when the page does not answer."""
    try:
        page = http().get(url).text
    except httpx.HTTPError:
        return []
    families = text_string_to_metric_families(page)
    return [(s.labels, int(s.value)) for family in families for s in family.samples if s.name == name]


def verdicts(url: str) -> dict[str, Counter[str]]:
    """Verdicts by family, from a worker's metrics."""
    table: dict[str, Counter[str]] = {}
    for labels, value in scrape(url, "junction_verdicts_total"):
        table.setdefault(labels["family"], Counter())[labels["verdict"]] += value
    return table
