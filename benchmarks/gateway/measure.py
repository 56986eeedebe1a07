"""One round: one contestant, one size of body, one number of connections."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psutil

from benchmarks._processes import cpu_s, family, forget_peaks, machine_cpu_s, peak_bytes
from benchmarks.gateway import wrk
from benchmarks.gateway.contestants import Running
from benchmarks.gateway.deliveries import Deliveries

WARM_UP_S = 1
_PER = 100_000


@dataclass(frozen=True)
class Row:
    """Figures of a round. CPU in seconds per 100,000 requests; `others_cores`: busy with none of the three.

    Rates and CPU are those of accepted requests; `refused`: another status than 2xx, `failed`: no answer.
    """

    name: str
    kb: float
    connections: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    gateway_cpu_s: float
    kafka_cpu_s: float
    wrk_cpu_s: float
    rss_peak_mb: float
    refused: int
    failed: int
    others_cores: float


def one(
    running: Running,
    deliveries: Deliveries,
    kb: float,
    connections: int,
    seconds: float,
    watched: Callable[[], AbstractContextManager[object]],
) -> Row:
    """Warm up, then measure."""
    requests = deliveries.file(kb)
    gateway, kafka = family(running.pid), _kafka()
    wrk.play(running.port, requests, connections, WARM_UP_S)
    forget_peaks(gateway)
    with watched():
        began_s, before = (
            time.perf_counter(),
            (cpu_s(gateway), cpu_s(kafka), machine_cpu_s()),
        )
        played = wrk.play(running.port, requests, connections, seconds)
        took_s, after = (
            time.perf_counter() - began_s,
            (cpu_s(gateway), cpu_s(kafka), machine_cpu_s()),
        )
    used, kafka_used, machine = (end - begin for end, begin in zip(after, before, strict=True))
    done = max(1, played.requests - played.refused)
    return Row(
        running.name,
        kb,
        connections,
        round(done / played.seconds, 1),
        round(played.p50_ms, 2),
        round(played.p99_ms, 2),
        round(played.p999_ms, 2),
        *(round(_PER * cpu / done, 2) for cpu in (used, kafka_used, played.cpu_s)),
        round(peak_bytes(gateway) / 1e6, 1),
        played.refused,
        played.failed,
        round(max(0.0, machine - used - kafka_used - played.cpu_s) / took_s, 2),
    )


def _kafka() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.name() == "java"]
