"""The worker: waits for Kafka and the registry, then runs every agent in the engine until it is told to stop."""

from prometheus_client import start_http_server

from streams import admin, agents, log, registry, topics
from streams.codec import Codec
from streams.engine import app as engine
from streams.settings import Settings
from streams.waiting import until_available


def run(settings: Settings) -> None:
    """Blocks until SIGTERM or Ctrl-C. Raises Misconfigured when the topics or schemas are not what they must be."""
    until_available("Kafka", lambda: admin.check_layout(settings))
    ids = until_available("schema registry", lambda: registry.resolve(settings))
    folds = agents.folds(Codec(ids), settings.topic_prefix)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr=settings.metrics_host)
    log.get("worker").info("starting", worker=settings.worker_id, group=settings.group_id)
    engine.run(settings, {f"{settings.topic_prefix}.{raw}": fold for raw, fold in folds.items()}, topics.TABLES)
