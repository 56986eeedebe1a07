"""The span of a transaction: one batch processed, linked to the traces of its records."""

import time
from collections.abc import Sequence

from streams.events import Record, trace_of
from streams.ops import tracing
from streams.ops.trace_context import NO_TRACE, TraceContext

LINKS_MAX = 128  # as many as the SDK keeps of a span


class BatchSpan:
    """Collected while a transaction fills; a span of it is made when it has ended. Only where spans are made."""

    __slots__ = ("_began_ns", "_links", "_topics")

    def __init__(self) -> None:
        self._began_ns = time.time_ns()
        self._links: list[TraceContext] = []
        self._topics: set[str] = set()

    def add(self, topic: str, records: Sequence[Record]) -> None:
        """Records join the transaction. Those whose traces are recorded are linked, up to `LINKS_MAX`."""
        self._topics.add(topic)
        for record in records:
            if len(self._links) >= LINKS_MAX:
                return
            trace = trace_of(record.headers)
            if trace.is_sampled:
                self._links.append(trace)

    def end(self, group: str, records: int, emits: int, failure: str) -> None:
        """`failure`: why it was not committed, a name of few; "" for committed. Of no record there is no span."""
        if tracing.active is None or not records:
            return
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": group,
            "messaging.batch.message_count": records,
            "junction_streams.emitted_count": emits,
            "junction_streams.outcome": "aborted" if failure else "committed",
        }
        name = "process"
        if len(self._topics) == 1:
            (attributes["messaging.destination.name"],) = self._topics
            name = f"process {attributes['messaging.destination.name']}"
        span = tracing.active.start(name, "consumer", NO_TRACE, attributes, links=self._links, began_ns=self._began_ns)
        if failure:
            span.fail(failure)
        span.end()
