"""Spans: none, and nothing of OpenTelemetry imported, unless its variables (`OTEL_...`) configure an exporter.

Names and attributes follow OpenTelemetry's semantic conventions for HTTP and for messaging. No user id, no value and no
body is in them, nor the text of an exception; of a delivery its id alone. The path of every event pays for
`tracing.active is None`.
"""

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.trace_context import Attributes, Kind, TraceContext

if TYPE_CHECKING:
    from streams.ops.spans import Span, Tracer

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_INSTALL = 'pip install "junction-streams[otel]"'

active: "Tracer | None" = None  # None: no spans


def configure(component: str) -> None:
    """Begin to make spans, where the environment asks for them. `component`: which of our processes this is.

    Raises nothing: a process works without its traces. What is missing is a warning that says what to do.
    """
    global active
    wanted = exporters(os.environ)
    if active is not None or not wanted:
        return
    logger = log.get("traces")
    try:
        from streams.ops import spans
    except ImportError:
        logger.warning("no_traces", why=f"OTEL_* asks for traces, and OpenTelemetry is not installed: {_INSTALL}")
        return
    try:
        active = spans.tracer(component, wanted)
    except Misconfigured as error:
        logger.warning("no_traces", why=str(error))
        return
    except Exception as error:  # of the SDK, about a variable, whose value may be in its text
        logger.warning("no_traces", why=f"OpenTelemetry cannot be set up: {type(error).__name__}")
        return
    atexit.register(close)
    logger.info("traces", exporters=wanted)


def exporters(environ: Mapping[str, str]) -> list[str]:
    """What `OTEL_TRACES_EXPORTER` names; where it is not set, `otlp` if there is an endpoint. Empty: no spans."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    default = "otlp" if any(environ.get(name) for name in _ENDPOINTS) else "none"
    named = (environ.get("OTEL_TRACES_EXPORTER") or default).split(",")
    return [name for one in named if (name := one.strip().lower()) not in ("", "none")]


def close() -> None:
    """Send what waits, for as long as a stop may take."""
    global active
    if active is not None:
        active.close()
        active = None


@contextmanager
def span(
    name: str, kind: Kind, parent: TraceContext, attributes: Attributes, began_ns: int | None = None
) -> "Iterator[Span | None]":
    """A span around a block; None while there are none. An exception ends it as an error, named by its class.

    `began_ns`: Unix time, where it began before now.
    """
    if active is None:
        yield None
        return
    one = active.start(name, kind, parent, attributes, began_ns=began_ns)
    try:
        yield one
    except BaseException as error:
        one.fail(type(error).__name__)
        raise
    finally:
        one.end()
