"""One subject of the registry, given a client: may our schema follow what is there, register it, guard it."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.events.schemas import breaks
from streams.kafka.codec import schema_text
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

COMPATIBILITY = "FULL_TRANSITIVE"  # services are old readers of new records, and topics hold what many versions wrote
_NO_SUBJECT, _NO_VERSION, _NO_SCHEMA = 40401, 40402, 40403  # of Confluent's API; others answer them too

logger = log.get("registry")


class SubjectStatus(StrEnum):
    SAME = "same"  # this very schema is registered
    NEW = "new"  # the subject does not exist
    COMPATIBLE = "compatible"  # may follow all versions
    INCOMPATIBLE = "incompatible"


@dataclass(frozen=True, slots=True)
class SubjectCheck:
    """One subject. `topic`: short name; `id`: of the registered schema, where the status is SAME. `why`: it may not
    follow, in words."""

    topic: str
    subject: str
    schema: str
    status: SubjectStatus
    id: int | None = None
    why: str = ""

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.status:<12} {self.subject} ({self.schema})" + (f": {self.why}" if self.why else "")

    @property
    def is_allowed(self) -> bool:
        return self.status is not SubjectStatus.INCOMPATIBLE


def name_of(settings: Settings, topic: str) -> str:
    """Of a topic by its short name."""
    return f"{settings.topic_prefix}.{topic}-value"


def _schema(name: str) -> Schema:
    return Schema(schema_text(name), "AVRO")


def status(client: SchemaRegistryClient, settings: Settings, topic: str, schema: str) -> SubjectCheck:
    """Our schema compared with a subject. Raises SchemaRegistryError, as all here do."""
    found = look_up(client, settings, topic, schema)
    if found.status is not SubjectStatus.COMPATIBLE:
        return found
    why = _why_not(client, found.subject, schema)
    return replace(found, status=SubjectStatus.INCOMPATIBLE, why=why) if why else found


def _why_not(client: SchemaRegistryClient, subject: str, schema: str) -> str:
    """What forbids that a schema follows the versions that are there; "" for nothing.

    By our own rule, which does not depend on how a registry is set up, and then by the registry's.
    """
    ours = json.loads(schema_text(schema))
    for number in client.get_versions(subject):
        text = client.get_version(subject, number).schema.schema_str
        if gaps := _gaps(ours, text or ""):
            return f"version {number}, {_shown(gaps[0])}"
    return "" if client.test_compatibility(subject, _schema(schema)) else "the registry says so, by a rule of its own"


def _shown(text: str) -> str:
    """Names of fields are others' words, and this is for a terminal."""
    return "".join(one if one.isprintable() else "?" for one in text[:200])


def _gaps(ours: Any, text: str) -> list[str]:
    try:
        return breaks(ours, json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ["it is no Avro"]


def refusal(refused: list[SubjectCheck]) -> Misconfigured:
    """The sentence of those that are not allowed."""
    named = "; ".join(f"{check.subject} ({check.why})" for check in refused)
    return Misconfigured(
        f"nothing was registered: {len(refused)} schemas may not follow what is there: {named}. Every field of every "
        "version stays as it was, and new ones have a default. Where somebody else has a subject of this name, take "
        "another STREAMS_TOPIC_PREFIX."
    )


def look_up(client: SchemaRegistryClient, settings: Settings, topic: str, schema: str) -> SubjectCheck:
    """SAME with its id, NEW, or COMPATIBLE, which `status` still has to ask."""
    subject = name_of(settings, topic)
    try:
        found = client.lookup_schema(subject, _schema(schema))
    except SchemaRegistryError as error:
        if error.error_code == _NO_SUBJECT:
            return SubjectCheck(topic, subject, schema, SubjectStatus.NEW)
        if error.error_code in (_NO_VERSION, _NO_SCHEMA):
            return SubjectCheck(topic, subject, schema, SubjectStatus.COMPATIBLE)
        raise
    return SubjectCheck(topic, subject, schema, SubjectStatus.SAME, found.schema_id)


def newest(client: SchemaRegistryClient, settings: Settings, topic: str) -> Any:
    """The schema of a subject's newest version, as `json.loads` gives it; None where there is none."""
    try:
        return json.loads(client.get_latest_version(name_of(settings, topic)).schema.schema_str or "null")
    except SchemaRegistryError as error:
        if error.error_code in (_NO_SUBJECT, _NO_VERSION):
            return None
        raise


def registered(client: SchemaRegistryClient, check: SubjectCheck, guard: "CompatibilityGuard") -> int:
    """Register our schema where it is not; returns its id. Raises Misconfigured for a 409."""
    if check.id is None:
        try:
            id: int = client.register_schema(check.subject, _schema(check.schema))
        except SchemaRegistryError as error:
            if error.http_status_code != 409:
                raise
            raise Misconfigured(
                f"the registry refuses {check.subject}, though it was compatible when we asked (HTTP 409): somebody "
                "else registers now, or a rule of the registry forbids it. See `junction-streams schemas check`; "
                "`schemas register` may be repeated."
            ) from None
    else:
        id = check.id
    guard.over(check.subject)
    return id


class CompatibilityGuard:
    """Sets the compatibility level of our subjects, so that the registry refuses what breaks readers."""

    def __init__(self, client: SchemaRegistryClient) -> None:
        self._client = client
        self._is_usual = client.get_compatibility() == COMPATIBILITY

    def over(self, subject: str) -> None:
        """Raise the level of a subject, also one that a person set: services rely on what we promise."""
        if self._level(subject) == COMPATIBILITY:
            return
        try:
            self._client.set_compatibility(subject, COMPATIBILITY)
        except SchemaRegistryError as error:
            if error.http_status_code not in (401, 403, 405):
                raise
            logger.warning("level_not_set", subject=subject, level=COMPATIBILITY, status=error.http_status_code)

    def _level(self, subject: str) -> str:
        try:
            return str(self._client.get_compatibility(subject))
        except SchemaRegistryError as error:
            if error.http_status_code != 404:
                raise
            return COMPATIBILITY if self._is_usual else ""
