"""Waits of those who run gateways and workers as processes."""

import time
from collections.abc import Mapping

import httpx
import stamina

from streams.demo.cluster.supervise import Child
from streams.events import topics
from streams.kafka.lag import Lag
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

READY_S = 60.0


def ready(admin_port: int, children: Mapping[str, Child]) -> None:
    """Return when the gateway with that port is ready. Raises Misconfigured when one of `children` has ended."""
    url = f"http://127.0.0.1:{admin_port}/readyz"
    for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=READY_S, wait_max=0.2):
        with attempt:
            for name, child in children.items():
                if not child.running():
                    raise Misconfigured(f"{name}: {child.last_words()}")
            httpx.get(url).raise_for_status()


def committed(settings: Settings, patience_s: float = 60.0) -> None:
    """Return when workers have committed all that gateways published. Raises Unavailable."""
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.SOURCES])
    until_s = time.monotonic() + patience_s
    while lag.records():
        if time.monotonic() > until_s:
            raise Unavailable("the workers do not come to the end of the raw topics")
        time.sleep(0.2)
    lag.close()
