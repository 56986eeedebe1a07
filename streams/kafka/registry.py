"""The schema registry: is each schema allowed, is it there, and under which id. Subjects are `<topic>-value`.

Ids are resolved once at start; nothing asks the registry while records flow. Every function opens its own client,
asks for all subjects concurrently, and may be repeated. Each subject is asked for by its name: lists have limits (a
thousand, for some), and what lies behind them would look as if it were not there.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from confluent_kafka.schema_registry import SchemaRegistryClient

from streams.events import topics
from streams.kafka import subjects
from streams.kafka.registry_client import opened
from streams.kafka.subjects import SubjectCheck
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

S = TypeVar("S")
T = TypeVar("T")

_AT_ONCE = 8


def check(settings: Settings) -> list[SubjectCheck]:
    """What `register` would meet, in the order of the topics. Changes nothing. Raises Unavailable, Misconfigured."""
    with opened(settings) as client:
        return _check(client, settings)


def register(settings: Settings) -> dict[str, int]:
    """Register each schema that is not there; short topic name → schema id.

    Raises Misconfigured, before it registers anything, when a schema may not follow what is there; Unavailable.
    """
    if settings.is_mock:
        return local_ids()
    with opened(settings) as client:
        checks = _check(client, settings)
        refused = [check for check in checks if not check.is_allowed]
        if refused:
            raise subjects.refusal(refused)
        guard = subjects.CompatibilityGuard(client)
        ids = _each(checks, lambda check: subjects.registered(client, check, guard))
        return {check.topic: id for check, id in zip(checks, ids, strict=True)}


def resolve(settings: Settings) -> dict[str, int]:
    """Short topic name → id of the schema that this version of the product writes.

    Raises Misconfigured when one is not registered; Unavailable.
    """
    if settings.is_mock:
        return local_ids()
    with opened(settings) as client:
        found = _each(list(topics.avro_topics().items()), lambda row: subjects.look_up(client, settings, *row))
    missing = [check.subject for check in found if check.id is None]
    if missing:
        raise Misconfigured(
            f"{len(missing)} schemas are not in the registry ({', '.join(missing[:3])}, ...). "
            "Run `junction-streams schemas register`."
        )
    return {check.topic: check.id for check in found if check.id is not None}


def newest(settings: Settings) -> dict[str, Any]:
    """Short topic name → the newest schema of its subject, as `json.loads` gives it; nothing for a subject that is not
    there. It may be newer than ours. Raises Unavailable, Misconfigured."""
    if settings.is_mock:
        return {}
    names = list(topics.avro_topics())
    with opened(settings) as client:
        found = _each(names, lambda name: subjects.newest(client, settings, name))
    return {name: schema for name, schema in zip(names, found, strict=True) if schema is not None}


def local_ids() -> dict[str, int]:
    """Ids where there is no registry: of this process alone."""
    return {topic: id for id, topic in enumerate(topics.avro_topics(), start=1)}


def _check(client: SchemaRegistryClient, settings: Settings) -> list[SubjectCheck]:
    return _each(list(topics.avro_topics().items()), lambda row: subjects.status(client, settings, *row))


def _each(rows: list[S], ask: Callable[[S], T]) -> list[T]:
    """One answer per row, in order; the first error ends it."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="registry") as pool:
        futures = [pool.submit(ask, row) for row in rows]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
