"""The HTTP gateway for webhooks: verify, identify, store, and only then reply 2xx.

`serve` runs `app` on Granian until a signal. A request is handled by `door`: `body` reads it within limits, `store`
makes its record, `trace` its W3C headers. `watch` checks Kafka for readiness, `absence` detects outages of our own.
`endpoints` are who may post, with the secrets of `secret_files`; `secret_watch` reads them again when they change.
"""

from connectors.webhook.app import build_app
from connectors.webhook.serve import run

__all__ = ["build_app", "run"]
