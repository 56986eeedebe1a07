"""One round: one contestant, one size of body, one number of connections."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

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
    gateway, kafka = _family(running.pid), _kafka()
    wrk.play(running.port, requests, connections, WARM_UP_S)
    _forget_peaks(gateway)
    with watched():
        began_s, before = time.perf_counter(), (_cpu_s(gateway), _cpu_s(kafka), _machine_cpu_s())
        played = wrk.play(running.port, requests, connections, seconds)
        took_s, after = time.perf_counter() - began_s, (_cpu_s(gateway), _cpu_s(kafka), _machine_cpu_s())
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
        round(_peak_bytes(gateway) / 1e6, 1),
        played.refused,
        played.failed,
        round(max(0.0, machine - used - kafka_used - played.cpu_s) / took_s, 2),
    )


def _family(pid: int) -> list[psutil.Process]:
    """A process and all below it. The watchdog that ends with us is a shell, and costs nothing."""
    parent = psutil.Process(pid)
    return [one for one in (parent, *parent.children(recursive=True)) if one.name() not in ("sh", "dash")]


def _kafka() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.name() == "java"]


def _cpu_s(processes: list[psutil.Process]) -> float:
    """User and system time that the processes have had."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _machine_cpu_s() -> float:
    """Time that all cores together were busy with anything."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _forget_peaks(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(OSError):  # Linux alone, and only for one's own
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak_bytes(processes: list[psutil.Process]) -> int:
    """Resident memory at its highest since `_forget_peaks`, all processes together; where unknown, that of now."""
    return sum(_high_water(process) or process.memory_info().rss for process in processes)


def _high_water(process: psutil.Process) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
