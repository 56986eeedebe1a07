"""What is sent on of a trace, and what is said of a span."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]


class TraceContext(NamedTuple):
    """W3C Trace Context, as it is sent; "" for none. Both have been checked where they came in."""

    traceparent: str = ""
    tracestate: str = ""

    @property
    def is_sampled(self) -> bool:
        """Whether whoever began the trace records it."""
        return bool(self.traceparent) and int(self.traceparent[53:55], 16) & 1 == 1


NO_TRACE = TraceContext()
