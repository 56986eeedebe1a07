"""Which checks there are for these settings, in the order of their lines."""

from functools import partial
from importlib.util import find_spec

from streams.doctor.examine import Check
from streams.doctor.look import cluster, database, kafka, machine, schemas, transaction, webhooks, workers
from streams.events.parts import USES, Part
from streams.ops.settings import Settings

CLIENT_S, ADMIN_S, TRANSACTION_S, REGISTRY_S, OTHER_S = 12.0, 30.0, 25.0, 30.0, 15.0
WEBHOOKS_S = 10.0
KAFKA, REGISTRY = "kafka", "registry"


def checks_of(settings: Settings, part: Part | None = None) -> list[Check]:
    """Those of systems that are set. `part`: for the login and the machine of one process; None: of all."""
    return [*_of_kafka(settings, part), *_of_registry(settings), *_of_others(settings, part)]


def _of_kafka(settings: Settings, part: Part | None) -> list[Check]:
    clients = (kafka.producer, kafka.consumer, kafka.worker_consumer)
    return [
        Check(KAFKA, partial(kafka.address, settings), CLIENT_S),
        *(Check("clients", partial(look, settings), CLIENT_S) for look in clients),
        Check("transactions", partial(transaction.transaction, settings, part), TRANSACTION_S, KAFKA),
        Check("cluster", partial(cluster.described, settings), ADMIN_S, KAFKA),
        Check("limits", partial(cluster.limited, settings), ADMIN_S, KAFKA),
        Check("topics", partial(cluster.planned, settings), ADMIN_S, KAFKA),
        Check("rights", partial(cluster.allowed, settings, part), ADMIN_S, KAFKA),
    ]


def _of_registry(settings: Settings) -> list[Check]:
    if settings.is_mock:
        return []
    return [
        Check(REGISTRY, partial(schemas.answers, settings), REGISTRY_S),
        Check("schemas", partial(schemas.registered, settings), REGISTRY_S, REGISTRY),
    ]


def _of_others(settings: Settings, part: Part | None) -> list[Check]:
    found = []
    if part in (None, Part.GATEWAY):
        found.append(Check("endpoints", partial(machine.endpoints, settings), OTHER_S))
    if part in (None, Part.GATEWAY) and webhooks.is_wanted(settings):
        found.append(Check("webhooks", partial(webhooks.chain, settings), WEBHOOKS_S))
    if part is None or USES[part].tables:
        found.append(Check("disk", partial(machine.disk, settings), OTHER_S))
    if settings.postgres_url.get_secret_value() and find_spec("psycopg"):
        found.append(Check("postgres", partial(database.database, settings), OTHER_S))
    if settings.query_url or settings.query_port:
        found.append(Check("workers", partial(workers.workers, settings), OTHER_S))
    return found
