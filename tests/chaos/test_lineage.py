"""The verifier's question about lineage can fail, and lineage leaves with what it is about."""

import asyncio
import json
from typing import Any

import pytest

from streams.agents import assembly
from streams.engine.work.transaction import Transaction
from streams.kafka.codec import bare, decode, parsed
from streams.lineage.closing import closing
from streams.lineage.columns import Columns
from streams.tables.draft import Draft
from tests.chaos import mutations
from tests.folding import CODEC, NOW_MS, PREFIX, Worker, raw
from tests.strategies import envelope

SAMPLE = {"timestamp": "2026-06-03T10:00:00Z", "value": 60, "unit": "bpm"}
EVENT = envelope("daily.data.heartrate.created", {"source": {"provider": "garmin", "type": "watch"}, "data": [SAMPLE]})


def test_what_emits_nothing_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that is the same again has a row; without it, as `lineage_only_emitted` has it, it has none."""

    def rows() -> list[int]:
        worker = Worker()
        for offset in range(3):
            worker.deliver(EVENT, offset=offset, id=f"msg_{offset}")
        return [row.offset for row in worker.rows]

    assert rows() == [0, 1, 2]
    monkeypatch.setattr(Columns, "add", Columns.add)
    mutations.lineage_only_emitted()
    assert rows() == [0]


class Sent:
    """Takes what a transaction hands over."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    def begin(self) -> None: ...

    def produce(self, partition: int, emits: list[Any]) -> None:
        self.topics += [emit.topic for emit in emits]


async def _closed() -> Transaction:
    draft = Draft(lambda table, key: None, 3, NOW_MS)
    draft.run(assembly.folds(CODEC, PREFIX)["raw.timeseries"], raw(json.dumps(EVENT).encode()))
    transaction = Transaction(0.0)
    transaction.drafts[3] = draft
    transaction.close(closing(CODEC, PREFIX, "w1"))
    return transaction


def test_rows_leave_with_the_records_that_they_are_about() -> None:
    """A transaction hands its lineage to the producer of its records, which commits or aborts both."""
    sent = Sent()
    asyncio.run(_closed()).produce(sent)  # type: ignore[arg-type]  # because only what is handed over is looked at
    assert sent.topics == [f"{PREFIX}.connections", f"{PREFIX}.heartrate", f"{PREFIX}.lineage"]


def test_rows_have_the_time_of_the_closing() -> None:
    """Not that of the last record that joined: by it is told how far the topic is read."""
    transaction = asyncio.run(_closed())
    value = transaction.drafts[3].emits[-1].value or b""
    processed_ms = decode(value, bare(parsed("Lineage")))["processed_at"]
    assert processed_ms == transaction.drafts[3].now_ms > NOW_MS
