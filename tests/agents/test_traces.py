"""The trace of a raw record goes on with everything that is made of it, and with nothing else."""

import json
from typing import Any

import pytest

from streams.events import H_TRACEPARENT, H_TRACESTATE, RECORD_BYTES_MAX, Bounds, TraceHeaders
from tests.folding import PREFIX, Worker, raw
from tests.strategies import envelope

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
TRACE = ((H_TRACEPARENT, PARENT.encode()), (H_TRACESTATE, STATE.encode()))
HIGH: dict[str, Any] = {
    "name": "high", "kind": "threshold", "resource": "heartrate", "above": "140 bpm", "summary": "fast",
    "max_age": "1d",
}  # fmt: skip


def heartrate(value: float) -> bytes:
    rows = [{"timestamp": "2026-06-03T10:00:00Z", "value": value, "unit": "bpm"}]
    source = {"provider": "garmin", "type": "watch"}
    return json.dumps(envelope("daily.data.heartrate.created", {"source": source, "data": rows})).encode()


def traces(worker: Worker) -> dict[str, TraceHeaders | None]:
    """By topic, of what the last record made."""
    found = {emit.topic.removeprefix(f"{PREFIX}."): emit.headers for emit in worker.emits}
    return {topic: headers if headers is None else tuple(headers) for topic, headers in found.items()}


def test_clean_records_and_alerts_have_the_trace_of_their_raw_record() -> None:
    """Both carry traceparent and tracestate on, as the raw record had them."""
    worker = Worker(rules=[HIGH])
    worker.run(raw(heartrate(190), headers={"traceparent": PARENT, "tracestate": STATE}))
    assert {"heartrate", "alerts"} <= traces(worker).keys()
    assert set(traces(worker).values()) == {TRACE}


def test_a_record_without_a_trace_gives_none() -> None:
    """No trace is made up for a raw record that has none."""
    worker = Worker()
    worker.run(raw(heartrate(60)))
    assert set(traces(worker).values()) == {None}


@pytest.mark.parametrize("parent", ["", "00-x", PARENT.upper(), f"00-{'0' * 32}-00f067aa0ba902b7-01", "é" * 55])
def test_what_is_no_trace_goes_nowhere(parent: str) -> None:
    """Others may write to raw topics."""
    worker = Worker()
    worker.run(raw(heartrate(60), headers={"traceparent": parent, "tracestate": STATE}))
    assert worker.emits
    assert set(traces(worker).values()) == {None}


def test_a_state_that_is_too_long_is_left_behind() -> None:
    """A record may be as large as records may be; its trace fits into the room that is kept free."""
    worker = Worker(bounds=Bounds.of(RECORD_BYTES_MAX))
    worker.run(raw(heartrate(60), headers={"traceparent": PARENT, "tracestate": "a=" + "x" * 511}))
    assert set(traces(worker).values()) == {TRACE[:1]}
