"""Writes the tables of docs/privacy.md from topics, tables and metrics: `make docs`.

The sentences around them are written by hand. A test compares the tables, so that a new topic or table cannot be left
out.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from streams.agents.sweeps.expiry import SWEPT
from streams.events import kept, topics
from streams.events.resources import RESOURCES
from streams.events.topics import Role
from streams.kafka import admin
from streams.ops.settings import Settings

PAGE = Path(__file__).resolve().parents[1] / "privacy.md"
BEGIN, END = "<!-- made by `make docs` -->", "<!-- end -->"

# Rows of the workers' and fetchers' tables, on disk and in their changelogs. Every table has its words.
TABLES: Mapping[str, str] = {
    "connections": "who is linked to which provider, since when, and whether that works; time zones",
    "backfills": "which history of whom has come how far",
    "summaries": "the newest content of each summary, lab result, query row and device, as JSON",
    "samples": "an hour of samples a row: times and values; which sources an hour has",
    "deliveries": "ids of events that have no id of their own",
    "drift": "fields and words that are not as Junction documents them: a hash, until five users have had them",
    "alerts": "the newest marks and baselines of watched series, signs of life, what was opened and told",
    "fetches": "what has to be fetched for whom: user, provider, resource, span of time",
}
_RESTING = "a newer one replaces it, or what it waits for is done; age removes nothing"
_SHORT = {
    Role.RAW: "raw events",
    Role.QUEUE: "requests to fetch",
    Role.STATE: "current states",
    Role.DEAD: "dead letters",
    Role.MARK: "marks of redrives",
    Role.CLEAN: "clean records",
    Role.LINEAGE: "what became of each event",
    Role.CHANGELOG: "changelogs",
}


def tables() -> str:
    """What stands between the markers, for the settings that nobody has changed."""
    settings = Settings.model_construct()
    return "\n".join([*_topics(settings), "", *_tables(settings)])


def _topics(settings: Settings) -> Iterator[str]:
    yield "| topics | what they hold about people | until |"
    yield "|---|---|---|"
    prefix = f"{settings.topic_prefix}."
    for stay in kept.stays(admin.layout_of(settings)):
        short = [name.removeprefix(prefix) for name in stay.topics]
        named = [f"`{name}`" for name in short if name not in RESOURCES]
        if len(named) < len(short):
            named.insert(0, f"one topic a resource ({len(short) - len(named)})")
        yield f"| {_SHORT[stay.role]}: {', '.join(named)} | {stay.holds} | {stay.until} |"


def _tables(settings: Settings) -> Iterator[str]:
    yield "| table | what its rows hold | until |"
    yield "|---|---|---|"
    for name in (*topics.TABLES, *topics.FETCH_TABLES):
        swept = f"{settings.samples_window_days} days behind the newest delivery (`STREAMS_SAMPLES_WINDOW_DAYS`)"
        yield f"| `{name}` | {TABLES[name]} | {swept if name in SWEPT else _RESTING} |"


def page(text: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}"
