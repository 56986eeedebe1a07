"""The HTTP gateway for webhooks: verify, identify, store, and only then reply 2xx.

| what | file |
|---|---|
| the command: one process until a signal; several on one port | `serve`, `processes` |
| what one process is made of | `app` |
| the servers, and uvicorn's protocol with bounds | `server`, `protocol`, `tls` |
| one request: its head, its body, its replies, its deadline | `door`, `head`, `body`, `replies`, `under_way` |
| what a sender may hold | `limits` |
| the record that it becomes, with its trace | `delivery`, `trace` |
| who may post, with which secrets | `endpoints`, `secret_files`, `secret_use`, `secret_watch` |
| what is watched beside it: Kafka; outages of our own | `watch`, `absence` |
| what was not answered 2xx lately | `refused` |
| what operators and probes see | `admin` |
"""

from connectors.webhook.app import Gateway
from connectors.webhook.serve import run

__all__ = ["Gateway", "run"]
