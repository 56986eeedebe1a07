"""The numbers of a run, as they stand."""

from collections import Counter
from dataclasses import dataclass

from streams.demo.history import Standing
from streams.simulator.delivery.courier import Tally


@dataclass
class Score:
    """`waiting`: records published and not yet committed by the worker; -1 until Kafka has said.

    `in_pipeline`: confirmed by the broker, and not acknowledged by `source`: these wait, too.
    """

    events: int = 0
    tally: Tally | None = None
    raw_records: int = 0
    waiting: int = -1
    in_pipeline: int = 0
    verdicts: dict[str, Counter[str]] | None = None
    clean_records: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    seconds: float = 0.0
    history: Standing | None = None
