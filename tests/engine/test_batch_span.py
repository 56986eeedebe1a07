"""The span of a transaction."""

from streams.engine.work.batch_span import LINKS_MAX, BatchSpan
from streams.events import Record
from tests.folding import raw
from tests.spans import PARENT, UNRECORDED, recorded, said, traceparent

BODY = b'{"event_type": "daily.data.sleep.created", "user_id": "u", "team_id": "t", "data": {}}'


def record(parent: str) -> Record:
    return raw(BODY, headers={"traceparent": parent})


def test_a_transaction_is_linked_to_the_traces_of_its_records() -> None:
    """Those that somebody records, and no more than a span keeps; the rest is counted."""
    parents = [f"00-{number:032x}-00f067aa0ba902b7-01" for number in range(1, LINKS_MAX + 10)]
    with recorded() as spans:
        span = BatchSpan()
        span.add("junction.raw.summaries", [record(UNRECORDED.traceparent), *map(record, parents)])
        span.end("group", len(parents) + 1, 7, "")
    (ended,) = spans.ended
    assert [f"{link.context.trace_id:032x}" for link in ended.links] == [
        one.split("-")[1] for one in parents[:LINKS_MAX]
    ]
    assert (ended.name, ended.parent) == ("process junction.raw.summaries", None)
    assert (said(ended)["messaging.batch.message_count"], said(ended)["junction_streams.emitted_count"]) == (138, 7)
    assert traceparent(ended) != PARENT.traceparent


def test_an_abort_is_an_error_with_its_cause() -> None:
    """What did not happen is seen as such; a transaction of no record is no span."""
    with recorded() as spans:
        for records in (1, 0):
            BatchSpan().end("group", records, 0, "group")
    (ended,) = spans.ended
    assert (said(ended)["junction_streams.outcome"], said(ended)["error.type"]) == ("aborted", "group")
