"""Spans are made where OpenTelemetry's variables ask for them, and cost and import nothing elsewhere."""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from streams.ops import tracing
from streams.ops.spans import _Warnings
from streams.ops.trace_context import NO_TRACE, TraceContext
from tests.spans import PARENT, UNRECORDED, parent_of, recorded, said, traceparent

AT = "http://127.0.0.1:4318"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "x", "OTEL_TRACES_SAMPLER": "always_on"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": AT}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": AT}, ["otlp"]),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": AT}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ["otlp"]),
        ({"OTEL_TRACES_EXPORTER": "console, OTLP"}, ["console", "otlp"]),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": AT}, []),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": AT}, []),
    ],
)
def test_what_switches_spans_on(environ: Mapping[str, str], wanted: list[str]) -> None:
    """An exporter that is named, or an endpoint; nothing else, and none once the SDK is disabled."""
    assert tracing.exporters(environ) == wanted


def python(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run([sys.executable, "-c", code], env=clean | environ, capture_output=True, text=True, check=True)


def test_nothing_is_imported_while_nobody_asks_for_spans() -> None:
    """By any process that makes them."""
    code = (
        "import sys\nfrom streams.ops import log, tracing\n"
        "import streams.agents.worker, streams.engine.faust.run, connectors.webhook.app\n"
        "import connectors.history.fetcher.service, connectors.receivers.notifier\n"
        "log.configure()\ntracing.configure('worker')\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')], tracing.active)\n"
    )
    assert python(code, OTEL_SERVICE_NAME="x").stdout.strip() == "[] None"


def test_without_the_extra_a_process_says_what_to_install_and_goes_on() -> None:
    """Spans that are asked for and cannot be made are one warning."""
    code = (
        "import sys\nsys.modules['opentelemetry'] = None\nfrom streams.ops import log, tracing\n"
        "log.configure()\ntracing.configure('worker')\nprint(tracing.active)\n"
    )
    done = python(code, OTEL_EXPORTER_OTLP_ENDPOINT=AT)
    (line,) = map(json.loads, done.stderr.splitlines())
    assert (line["event"], done.stdout.strip()) == ("no_traces", "None")
    assert line["why"].endswith('pip install "junction-streams[otel]"')


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": AT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
    ],
)
def test_what_cannot_be_set_up_is_a_warning(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process works without its traces: the variables may be a platform's, for all that run on it."""
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    with structlog.testing.capture_logs() as lines:
        tracing.configure("worker")
    assert tracing.active is None
    assert [line["event"] for line in lines] == ["no_traces"]


def test_a_span_goes_on_with_its_parents_trace() -> None:
    """What is sent on names the span itself, within the trace that came in."""
    with recorded() as spans, tracing.span("one", "server", PARENT, {"a": 1}) as span:
        assert span
        inner = span.context
    (one,) = spans.ended
    assert inner == TraceContext(traceparent(one), PARENT.tracestate)
    assert (inner.traceparent[:36], parent_of(one)) == (PARENT.traceparent[:36], PARENT.traceparent[36:52])
    assert said(one) == {"a": 1}
    assert one.status.is_unset


@pytest.mark.parametrize("parent", [UNRECORDED, NO_TRACE])
def test_a_span_that_is_not_recorded_hands_on_what_it_was_given(parent: TraceContext) -> None:
    """So nobody looks for a span that is not there, and a record has no header for one."""
    with recorded(roots=False) as spans, tracing.span("one", "server", parent, {}) as span:
        assert span
        assert span.context == parent
    assert spans.ended == ()


def test_an_exception_is_named_and_its_text_is_left_out() -> None:
    """A text may hold values: a span has the class alone."""
    with recorded() as spans, pytest.raises(ValueError, match="glucose"), tracing.span("one", "client", NO_TRACE, {}):
        raise ValueError("glucose of 5.4")
    (one,) = spans.ended
    assert said(one) == {"error.type": "ValueError"}
    assert "glucose" not in one.to_json()  # a number of it may be part of a time


def test_without_spans_a_block_runs_as_it_is() -> None:
    """Where nobody asks for spans there is none to use."""
    with tracing.span("one", "client", PARENT, {}) as span:
        assert span is None


@contextmanager
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector's address, and what it got."""
    got: list[ExportTraceServiceRequest] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if self.path == "/v1/traces":
                got.append(ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_what_waits_is_sent_to_the_collector_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables alone; the name of the service is the process, unless a variable has one."""
    with collector() as (url, got):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        for name in ("", "mine"):
            monkeypatch.setenv("OTEL_SERVICE_NAME", name)
            tracing.configure("worker")
            with tracing.span("one", "consumer", NO_TRACE, {}):
                pass
            tracing.close()
            assert tracing.active is None
    resources = [one.resource_spans[0].resource.attributes for one in got]
    names = [{each.key: each.value.string_value for each in one}["service.name"] for one in resources]
    assert names == ["junction-streams-worker", "mine"]
    assert [one.resource_spans[0].scope_spans[0].spans[0].name for one in got] == ["one", "one"]


def test_what_the_library_says_of_itself_is_a_line_a_minute_without_texts_that_are_filled_in() -> None:
    """The SDK's own warnings are ours, bounded, and show no header or URL."""
    library = logging.Logger("opentelemetry.test")
    library.addHandler(_Warnings())
    with structlog.testing.capture_logs() as lines:
        for _ in range(5):
            library.error("%s failed: %s, code %s", "key=secret", ConnectionError("http://me:secret@collector"), 503)
    (line,) = lines
    assert (line["event"], line["said"]) == ("not_exported", "… failed: ConnectionError, code 503")
