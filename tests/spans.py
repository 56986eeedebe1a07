"""Spans in memory, as a collector would get them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON, ParentBased

from streams.ops import tracing
from streams.ops.spans import Tracer
from streams.ops.trace_context import TraceContext

# Of somebody who records the trace.
PARENT = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "rojo=00f067aa0ba902b7")
UNRECORDED = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")


class Spans:
    """Those that have ended, in that order."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    @property
    def ended(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.ended]


@contextmanager
def recorded(*, roots: bool = True) -> Iterator[Spans]:
    """Switches spans on. `roots`: whether traces that begin here are recorded."""
    spans = Spans()
    provider = TracerProvider(DEFAULT_ON if roots else ParentBased(ALWAYS_OFF), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans.exporter))
    tracing.active = Tracer(provider)
    try:
        yield spans
    finally:
        tracing.active = None


def traceparent(span: ReadableSpan) -> str:
    """What names it to others."""
    return f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


def parent_of(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent else ""


def said(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})
