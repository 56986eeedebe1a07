"""Who sends to which topics, and who receives from them: one row a role, of which rights on Kafka are made."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from streams.events import topics
from streams.events.resources import RESOURCES, Value


class Part(StrEnum):
    """Who uses Kafka: processes, people's consumers, people."""

    GATEWAY = "gateway"
    WORKER = "worker"
    FETCHER = "fetcher"
    NOTIFY = "notify"
    SINK = "sink"
    SOURCE = "source"
    CONSUMER = "consumer"
    LABS = "labs"
    NOTES = "notes"
    CONSOLE = "console"
    SUPPORT = "support"
    OPERATOR = "operator"


class Use(NamedTuple):
    """What a role does, by short topic names and names of tables.

    `group`: under which it receives, behind the group's name; a `*` at its end stands for any words. `transactions`:
    likewise of its transactional ids. `is_service`: it compares all topics before it starts. `looks`: a person reads
    any topic with it.
    """

    does: str
    sends: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    group: str | None = None
    transactions: str | None = None
    is_service: bool = False
    looks: bool = False


_CLEAN = tuple(topics.clean_topics())
# Written by the fetchers and the notifier; everything else that is clean is the worker's.
_NOT_OF_WORKERS = (topics.RECONCILIATIONS, topics.ALERT_DELIVERIES)
_NOTES = tuple(name for name, row in RESOURCES.items() if row.value is Value.NOTE)
# Not for everybody who reads health summaries: laboratory results, words that people wrote, and events of any content.
_APART = (*_NOTES, topics.LABS, topics.QUERY_RESULTS, topics.OTHER, *_NOT_OF_WORKERS, topics.DRIFT)

USES: Mapping[Part, Use] = {
    Part.GATEWAY: Use(
        "Takes Junction's webhooks and stores them as they came.",
        sends=(*topics.RAW, topics.DEAD_LETTERS, topics.HEARTBEATS, topics.FETCH_PROGRESS),
        is_service=True,
    ),
    Part.WORKER: Use(
        "Decodes, compares, joins and emits, exactly once.",
        sends=(
            *(one for one in _CLEAN if one not in _NOT_OF_WORKERS),
            *(topics.LINEAGE, topics.DEAD_LETTERS, topics.FETCH_JOBS),
        ),
        receives=topics.SOURCES,
        tables=topics.TABLES,
        group="",
        transactions="-*",
        is_service=True,
    ),
    Part.FETCHER: Use(
        "Asks Junction's API for history and compares it with what is here.",
        sends=(*topics.RAW, topics.FETCH_PROGRESS, topics.FETCH_JOBS, topics.RECONCILIATIONS, topics.DEAD_LETTERS),
        receives=(topics.FETCH_JOBS,),
        tables=topics.FETCH_TABLES,
        group="-fetcher",
        transactions="-fetcher-*",
        is_service=True,
    ),
    Part.NOTIFY: Use(
        "Brings alerts to people.",
        sends=(topics.ALERT_DELIVERIES,),
        receives=(topics.ALERTS,),
        group="-notify-*",
        is_service=True,
    ),
    Part.SINK: Use(
        "Writes the clean topics into a database.",
        receives=_CLEAN,
        group="-sink-*",
        is_service=True,
    ),
    Part.SOURCE: Use(
        "Takes what Junction's pipelines push into RabbitMQ, Pub/Sub or Event Hubs, and stores it as it came.",
        sends=(*topics.RAW, topics.DEAD_LETTERS),
        is_service=True,
    ),
    Part.CONSUMER: Use(
        "A program of yours that reads summaries, samples, states and alerts, without what follows.",
        receives=tuple(name for name in _CLEAN if name not in _APART),
    ),
    Part.LABS: Use("Reads laboratory results.", receives=(topics.LABS,)),
    Part.NOTES: Use("Reads what people wrote.", receives=_NOTES),
    Part.CONSOLE: Use(
        "Keeps the index of lineage and answers what became of a delivery and of a user's data. Sends nothing.",
        looks=True,
    ),
    Part.SUPPORT: Use(
        "A person who looks at any topic, puts dead letters back, asks for history and sets users' bounds.",
        sends=(*topics.RAW, topics.REDRIVEN, topics.FETCH_JOBS, topics.ALERT_THRESHOLDS, topics.RECONCILIATIONS),
        receives=(topics.DEAD_LETTERS, topics.REDRIVEN),
        transactions="-redrive",
        looks=True,
    ),
    Part.OPERATOR: Use("A person or a job that creates topics and changes their settings. Reads no record."),
}


def owner(part: Part, group_id: str) -> str:
    """The group whose tables a role keeps."""
    return topics.fetch_group(group_id) if part is Part.FETCHER else group_id


def changelogs(part: Part, group_id: str) -> Sequence[str]:
    """Full names of the changelogs of a role's tables."""
    return [topics.changelog(owner(part, group_id), table) for table in USES[part].tables]
