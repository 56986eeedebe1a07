"""What was used between two looks: CPU of each process, memory, and the engine's transactions."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks._processes import cpu_s, machine_cpu_s
from streams.demo.watch import http

_COUNTERS = {
    "junction_engine_transactions_total": "transactions",
    "junction_engine_transaction_records_sum": "records",
    "junction_engine_transaction_partitions_sum": "partitions",
}


class Look(NamedTuple):
    """CPU in seconds, by who is told of; counters of the engine, all workers together."""

    at_s: float
    cpu_s: Mapping[str, float]
    machine_s: float
    engine: Mapping[str, float]


@dataclass(frozen=True)
class Use:
    """Between two looks. CPU in milliseconds an event; `others_cores`: busy with none of ours."""

    cpu_ms: dict[str, float]
    others_cores: float
    busy_cores: float
    transactions_per_s: float
    records_a_transaction: float
    partitions_a_transaction: float


def look(processes: Mapping[str, Sequence[psutil.Process]], metrics_urls: Sequence[str]) -> Look:
    """As it stands now."""
    at_s, machine_s = time.time(), machine_cpu_s()
    used = {name: cpu_s(ours) for name, ours in processes.items()}
    counted = [_engine(http().get(url).text) for url in metrics_urls]  # takes a while under load
    engine = {name: sum(one[name] for one in counted) for name in _COUNTERS.values()}
    return Look(at_s, used, machine_s, engine)


def between(before: Look, after: Look, events: int) -> Use:
    """`events`: accepted in that time."""
    seconds = after.at_s - before.at_s
    used = {name: after.cpu_s[name] - before.cpu_s[name] for name in before.cpu_s}
    busy_s = after.machine_s - before.machine_s
    engine = {name: after.engine[name] - before.engine[name] for name in after.engine}
    transactions = engine["transactions"] or 1.0
    return Use(
        {name: round(cpu / max(1, events) * 1000, 3) for name, cpu in used.items()},
        round(max(0.0, busy_s - sum(used.values())) / seconds, 2),
        round(busy_s / seconds, 2),
        round(engine["transactions"] / seconds, 1),
        round(engine["records"] / transactions, 1),
        round(engine["partitions"] / transactions, 1),
    )


def _engine(page: str) -> dict[str, float]:
    """Of one worker: how many transactions were committed, their records, and the partitions that they wrote to."""
    found: dict[str, float] = dict.fromkeys(_COUNTERS.values(), 0.0)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if (name := _COUNTERS.get(sample.name)) and sample.labels.get("outcome") != "aborted":
                found[name] += sample.value
    return found
