"""The schema registry: is each schema allowed, is it there, and under which id. Subjects are `<topic>-value`.

Ids are resolved once at start; nothing asks the registry while records flow. Every function opens its own client,
asks for all subjects concurrently, and may be repeated. Each subject is asked for by its name: lists have limits (a
thousand, for some), and what lies behind them would look as if it were not there.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import fastavro
import httpx2  # what confluent-kafka 2.16 speaks HTTP with: its errors reach us as they are
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.events import topics
from streams.events.schemas.bounds import is_bounded
from streams.kafka import subjects
from streams.kafka.codec import parsed
from streams.kafka.subjects import SubjectCheck
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable, UnknownSchema
from streams.ops.settings import Settings

S = TypeVar("S")
T = TypeVar("T")

ANSWER_S = 10
_AT_ONCE = 8
_NO_SCHEMA = 40403


def check(settings: Settings) -> list[SubjectCheck]:
    """What `register` would meet, in the order of the topics. Changes nothing. Raises Unavailable, Misconfigured."""
    with _client(settings) as client:
        return _check(client, settings)


def register(settings: Settings) -> dict[str, int]:
    """Register each schema that is not there; short topic name → schema id.

    Raises Misconfigured, before it registers anything, when a schema may not follow what is there; Unavailable.
    """
    if settings.is_mock:
        return _local_ids()
    with _client(settings) as client:
        checks = _check(client, settings)
        refused = [check for check in checks if not check.is_allowed]
        if refused:
            raise subjects.refusal(refused)
        guard = subjects.Guard(client)
        ids = _each(checks, lambda check: subjects.registered(client, check, guard))
        return {check.topic: id for check, id in zip(checks, ids, strict=True)}


def resolve(settings: Settings) -> dict[str, int]:
    """Short topic name → id of the schema that this version of the product writes.

    Raises Misconfigured when one is not registered; Unavailable.
    """
    if settings.is_mock:
        return _local_ids()
    with _client(settings) as client:
        found = _each(list(topics.clean_topics().items()), lambda row: subjects.look_up(client, settings, *row))
    missing = [check.subject for check in found if check.id is None]
    if missing:
        raise Misconfigured(
            f"{len(missing)} schemas are not in the registry ({', '.join(missing[:3])}, ...). "
            "Run `junction-streams schemas register`."
        )
    return {check.topic: check.id for check in found if check.id is not None}


ID_MAX = 2**31 - 1  # ids are 32 bits in a record, and a Java int in registries


class Foreign(ValueError):
    """A record names a schema that is not of our subjects, or that no record of ours can have."""


class Schemas:
    """Writers' schemas by id, for reading: each is asked for once and kept.

    Only those that are registered under a subject of ours: whoever may write to a topic may name any id, and records of
    some schemas take more room than there is.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: dict[int, Any] = {}
        self._subjects = {subjects.name_of(settings, topic) for topic in topics.clean_topics()}
        if settings.is_mock:
            names = topics.clean_topics()
            self._known = {id: parsed(names[topic]) for topic, id in _local_ids().items()}

    def writer(self, id: int) -> Any:
        """The parsed schema, for `codec.decode`. Raises Foreign, Unavailable, Misconfigured."""
        if id not in self._known:
            if not 0 < id <= ID_MAX:  # registries answer as if the address were wrong
                raise Foreign("no registry gives such an id")
            if self._settings.is_mock:
                raise UnknownSchema("only this process's own schemas are known: there is no registry")
            with _client(self._settings) as client:
                # Deleted versions, too: their records are still there.
                subjects_of = {version.subject for version in client.get_schema_versions(id, deleted=True)}
                text = client.get_schema(id).schema_str if subjects_of & self._subjects else None
            if text is None:
                raise Foreign("the schema of a record is not of a subject of ours")
            self._known[id] = _parsed(text)
        return self._known[id]


def _parsed(text: str) -> Any:
    try:
        schema = json.loads(text)
        if is_bounded(schema):
            return fastavro.parse_schema(schema)
    except RecursionError:
        pass
    raise Foreign("records of this schema may be larger than their bytes allow")


def _local_ids() -> dict[str, int]:
    return {topic: id for id, topic in enumerate(topics.clean_topics(), start=1)}


def _check(client: SchemaRegistryClient, settings: Settings) -> list[SubjectCheck]:
    return _each(list(topics.clean_topics().items()), lambda row: subjects.status(client, settings, *row))


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
    if status in (413, 422):
        return Misconfigured(
            f"the schema registry at {url} does not take a schema of ours (HTTP {status}): it has to take Avro of "
            "20 kB, by itself and by the proxies before it"
        )
    if status == 409:
        return Misconfigured(
            f"the schema registry at {url} refuses a change (HTTP 409): `junction-streams schemas check` says how each "
            "subject stands"
        )
    if error.error_code == _NO_SCHEMA:
        return UnknownSchema(
            f"the schema registry at {url} has no such schema id: is it the registry that the writer used?"
        )
    return Misconfigured(_not_a_registry(url, f"HTTP {status}"))


def _not_a_registry(url: str, why: str) -> str:
    return (
        f"{url} does not answer like a schema registry ({why}): check STREAMS_REGISTRY_URL "
        "(Apicurio's ends in /apis/ccompat/v7)"
    )
