"""Spans by OpenTelemetry's SDK. `tracing` imports this file where spans are made, and nothing else does."""

import logging
import os
import threading
from collections.abc import Iterable

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from streams import __version__
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.quiet import Quiet
from streams.ops.trace_context import Attributes, Kind, TraceContext

CLOSE_S = 3.0
_KINDS = {name: SpanKind[name.upper()] for name in ("server", "client", "producer", "consumer")}
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_W3C = TraceContextTextMapPropagator()


class Span:
    """One span. `end` ends it, once."""

    __slots__ = ("_parent", "_span")

    def __init__(self, span: OtelSpan, parent: TraceContext) -> None:
        self._span, self._parent = span, parent

    @property
    def context(self) -> TraceContext:
        """What is sent on: the span's own; of one that is not recorded what came in, "" where nothing did."""
        if not self._span.get_span_context().trace_flags.sampled:
            return self._parent
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(self._span, Context()))
        return TraceContext(carrier["traceparent"], carrier.get("tracestate", ""))

    def set(self, name: str, value: str | int) -> None:
        self._span.set_attribute(name, value)

    def fail(self, error_type: str) -> None:
        """Say that what it spans failed. `error_type`: a name of few."""
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self._span.end()


class Tracer:
    """Makes spans for one process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("junction-streams", __version__)

    def start(
        self,
        name: str,
        kind: Kind,
        parent: TraceContext,
        attributes: Attributes,
        *,
        links: Iterable[TraceContext] = (),
        began_ns: int | None = None,
    ) -> Span:
        """A span that runs; without a parent the root of a trace. `began_ns`: Unix time, where it began before now."""
        span = self._tracer.start_span(
            name, _context(parent), _KINDS[kind], attributes, [Link(_span_context(one)) for one in links], began_ns
        )
        return Span(span, parent)

    def close(self) -> None:
        """Send what waits, for `CLOSE_S` at most: the SDK would try for half a minute while a collector is away."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(CLOSE_S)


def _context(parent: TraceContext) -> Context:
    """Of no parent an empty one, lest the SDK looks for one that is current."""
    carrier = {"traceparent": parent.traceparent, "tracestate": parent.tracestate}
    return _W3C.extract(carrier, Context()) if parent.traceparent else Context()


def _span_context(trace: TraceContext) -> SpanContext:
    return get_current_span(_context(trace)).get_span_context()


def tracer(component: str, exporters: Iterable[str]) -> Tracer:
    """A tracer as the environment configures it. Raises Misconfigured, and what the SDK raises."""
    library = logging.getLogger("opentelemetry")
    library.handlers, library.propagate = [_Warnings()], False
    # Its own hook at the exit would wait for half a minute.
    provider = TracerProvider(resource=Resource.create(_resource(component)), shutdown_on_exit=False)
    for name in exporters:
        provider.add_span_processor(BatchSpanProcessor(_exporter(name)))
    return Tracer(provider)


def _resource(component: str) -> dict[str, str]:
    """Beside what `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say."""
    is_named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    name = {} if is_named else {"service.name": f"junction-streams-{component}"}
    return {**name, "service.version": __version__}


def _exporter(name: str) -> SpanExporter:
    protocol = next(filter(None, map(os.environ.get, _PROTOCOLS)), "http/protobuf")
    if name == "console":
        return ConsoleSpanExporter()
    if name != "otlp" or protocol != "http/protobuf":
        raise Misconfigured(
            f"{name} by {protocol} is not ours: OTEL_TRACES_EXPORTER may be otlp, console or none, and "
            "OTEL_EXPORTER_OTLP_PROTOCOL http/protobuf, at a collector mostly on port 4318"
        )
    return OTLPSpanExporter()


class _Warnings(logging.Handler):
    """What the SDK says of itself, as lines of ours: one a minute for each of its sentences."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._quiet = Quiet(log.get("traces"), "not_exported")

    def emit(self, record: logging.LogRecord) -> None:
        failed = type(record.exc_info[1]).__name__ if record.exc_info else ""
        self._quiet.warn(str(record.msg), said=_said(record), error=failed)


def _said(record: logging.LogRecord) -> str:
    """Its sentence with numbers and names of exceptions. Texts are left out: a header with a key may be among them."""
    given = record.args if isinstance(record.args, tuple) else ()
    try:
        return str(record.msg) % tuple(map(_shown, given))
    except (TypeError, ValueError):
        return ""


def _shown(value: object) -> object:
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, int | float) else "…"
