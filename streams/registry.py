"""The schema registry: is each schema allowed, is it there, and under which id. Subjects are `<topic>-value`.

Ids are resolved once at start; nothing asks the registry while records flow. Every function opens its own client,
asks for all subjects concurrently, and may be repeated.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import fastavro
import httpx2  # what confluent-kafka 2.16 speaks HTTP with: its errors reach us as they are
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams import addresses, topics
from streams.codec import parsed, schema_text
from streams.errors import Misconfigured, Unavailable
from streams.settings import Settings

S = TypeVar("S")
T = TypeVar("T")

ANSWER_S = 10
_AT_ONCE = 8
_COMPATIBILITY = "BACKWARD"  # new readers read old records: consumers are updated first
_GUARDING = ("BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE")
_NO_SUBJECT, _NO_VERSION, _NO_SCHEMA = 40401, 40402, 40403  # of Confluent's API; others answer them too


class Status(StrEnum):
    SAME = "same"  # this very schema is registered
    NEW = "new"  # the subject does not exist
    COMPATIBLE = "compatible"  # may follow the last version
    INCOMPATIBLE = "incompatible"


@dataclass(frozen=True, slots=True)
class Check:
    """One subject. `topic`: short name; `id`: of the registered schema, where the status is SAME."""

    topic: str
    subject: str
    schema: str
    status: Status
    id: int | None = None

    @property
    def is_allowed(self) -> bool:
        return self.status is not Status.INCOMPATIBLE


def check(settings: Settings) -> list[Check]:
    """What `register` would meet, in the order of the topics. Changes nothing. Raises Unavailable, Misconfigured."""
    with _client(settings) as client:
        return _check(client, settings)


def register(settings: Settings) -> dict[str, int]:
    """Register each schema that is not there; short topic name → schema id.

    Raises Misconfigured, before it registers anything, when a schema may not follow its last version; Unavailable.
    """
    if settings.is_mock:
        return _local_ids()
    with _client(settings) as client:
        checks = _check(client, settings)
        refused = [check.subject for check in checks if not check.is_allowed]
        if refused:
            raise Misconfigured(
                f"the registry refuses schemas that are not {_COMPATIBILITY} compatible: {', '.join(refused)}. "
                "Give every new field a default and keep the old ones."
            )
        is_guarded = client.get_compatibility() in _GUARDING
        ids = _each(checks, lambda check: _registered(client, check, is_guarded))
        return {check.topic: id for check, id in zip(checks, ids, strict=True)}


def resolve(settings: Settings) -> dict[str, int]:
    """Short topic name → id of the schema that this version of the product writes.

    Raises Misconfigured when one is not registered; Unavailable.
    """
    if settings.is_mock:
        return _local_ids()
    with _client(settings) as client:
        found = _each(list(topics.clean_topics().items()), lambda row: _look_up(client, settings, *row))
    missing = [check.subject for check in found if check.id is None]
    if missing:
        raise Misconfigured(
            f"{len(missing)} schemas are not in the registry ({', '.join(missing[:3])}, ...). "
            "Run `junction-streams schemas register`."
        )
    return {check.topic: check.id for check in found if check.id is not None}


class Schemas:
    """Writers' schemas by id, for reading: each is asked for once and kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[int, Any] = {}
        if settings.is_mock:
            names = topics.clean_topics()
            self._known = {id: parsed(names[topic]) for topic, id in _local_ids().items()}

    def writer(self, id: int) -> Any:
        """The parsed schema, for `codec.decode`. Raises Unavailable, Misconfigured."""
        if id not in self._known:
            with _client(self._settings) as client:
                text = client.get_schema(id).schema_str
            self._known[id] = fastavro.parse_schema(json.loads(text or "{}"))
        return self._known[id]


def _local_ids() -> dict[str, int]:
    return {topic: id for id, topic in enumerate(topics.clean_topics(), start=1)}


def _check(client: SchemaRegistryClient, settings: Settings) -> list[Check]:
    existing = frozenset(client.get_subjects())  # one question instead of sixty where nothing is registered yet
    return _each(list(topics.clean_topics().items()), lambda row: _status(client, settings, existing, *row))


def _status(
    client: SchemaRegistryClient, settings: Settings, existing: frozenset[str], topic: str, schema: str
) -> Check:
    subject = _subject(settings, topic)
    if subject not in existing:
        return Check(topic, subject, schema, Status.NEW)
    found = _look_up(client, settings, topic, schema)
    if found.status is not Status.COMPATIBLE:
        return found
    is_compatible = client.test_compatibility(found.subject, _schema(schema))
    status = Status.COMPATIBLE if is_compatible else Status.INCOMPATIBLE
    return Check(topic, found.subject, schema, status)


def _look_up(client: SchemaRegistryClient, settings: Settings, topic: str, schema: str) -> Check:
    """SAME with its id, NEW, or COMPATIBLE until somebody asks."""
    subject = _subject(settings, topic)
    try:
        found = client.lookup_schema(subject, _schema(schema))
    except SchemaRegistryError as error:
        if error.error_code == _NO_SUBJECT:
            return Check(topic, subject, schema, Status.NEW)
        if error.error_code in (_NO_VERSION, _NO_SCHEMA):
            return Check(topic, subject, schema, Status.COMPATIBLE)
        raise
    return Check(topic, subject, schema, Status.SAME, found.schema_id)


def _registered(client: SchemaRegistryClient, check: Check, is_guarded: bool) -> int:
    if check.id is not None:
        return check.id
    id: int = client.register_schema(check.subject, _schema(check.schema))
    if check.status is Status.NEW and not is_guarded:
        # Some registries allow everything unless told otherwise (Apicurio). An owner's later choice is left alone.
        client.set_compatibility(check.subject, _COMPATIBILITY)
    return id


def _subject(settings: Settings, topic: str) -> str:
    return f"{settings.topic_prefix}.{topic}-value"


def _schema(name: str) -> Schema:
    return Schema(schema_text(name), "AVRO")


def _each(rows: list[S], ask: Callable[[S], T]) -> list[T]:
    """One answer per row, in order; the first error ends it."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="registry") as pool:
        futures = [pool.submit(ask, row) for row in rows]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _client(settings: Settings) -> Iterator[SchemaRegistryClient]:
    """A client, and the one place where its errors become ours."""
    if not settings.registry_url:
        raise Misconfigured(
            "no schema registry: set STREAMS_REGISTRY_URL, or run `junction-streams up` and export the lines it prints"
        )
    try:
        # No retries in here: whoever calls decides how long to wait.
        with SchemaRegistryClient(settings.registry | {"timeout": ANSWER_S, "max.retries": 0}) as client:
            yield client
    except httpx2.TransportError as error:
        raise Unavailable(
            f"the schema registry at {addresses.shown(settings.registry_url)} does not answer ({type(error).__name__})"
        ) from None
    except SchemaRegistryError as error:
        raise _translated(error, addresses.shown(settings.registry_url)) from None
    except ValueError as error:  # an address that is none, or an answer that is not JSON
        raise Misconfigured(_not_a_registry(addresses.shown(settings.registry_url), type(error).__name__)) from None


def _translated(error: SchemaRegistryError, url: str) -> Unavailable | Misconfigured:
    status = error.http_status_code
    if status >= 500 or status in (408, 429):
        return Unavailable(f"the schema registry at {url} is not well (HTTP {status})")
    if status in (401, 403):
        return Misconfigured(
            f"the schema registry at {url} refuses us (HTTP {status}): "
            "check STREAMS_REGISTRY_USER and STREAMS_REGISTRY_PASSWORD"
        )
    if status == 422:
        return Misconfigured(f"the schema registry at {url} does not take a schema: {error.error_message}")
    if error.error_code == _NO_SCHEMA:
        return Misconfigured(
            f"the schema registry at {url} has no such schema id: is it the registry that the writer used?"
        )
    return Misconfigured(_not_a_registry(url, f"HTTP {status}"))


def _not_a_registry(url: str, why: str) -> str:
    return (
        f"{url} does not answer like a schema registry ({why}): check STREAMS_REGISTRY_URL "
        "(Apicurio's ends in /apis/ccompat/v7)"
    )
