"""What the demo sees: clean records as they are committed, and the two services' own metrics."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import httpx
from prometheus_client.parser import text_string_to_metric_families

from streams.events import topics
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
    """Reads every clean topic in a thread of its own until `stop`."""

    def __init__(self, settings: Settings) -> None:
        names = [f"{settings.topic_prefix}.{name}" for name in topics.clean_topics()]
        self._reader = Reader(settings, names, from_beginning=True)
        self._stop = threading.Event()
        self._asked, self._drained = threading.Event(), threading.Event()
        self._failure: Exception | None = None
        self.seen = Seen()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                batch = self._reader.poll(POLL_S)
                self.seen.add(batch)
                if self._asked.is_set() and not batch and self._reader.at_end():
                    self._drained.set()
        except Exception as error:  # raised again where somebody waits
            self._failure = error
            self._drained.set()

    def wait_drained(self, timeout_s: float) -> bool:
        """Wait until everything committed by now has been read; raises what ended the reading.

        The reading thread itself looks for the end: another one could see it while the last records are still decoded.
        """
        self._asked.set()
        drained = self._drained.wait(timeout_s)
        if self._failure:
            raise self._failure
        return drained

    def stop(self) -> None:
        """May be called again."""
        if self._stop.is_set():
            return
        self._stop.set()
        self._thread.join(5)
        self._reader.close()


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
