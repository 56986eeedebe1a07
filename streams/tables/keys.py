"""Keys of state rows: every kind there is, how one is built, and how it is taken apart.

Most are texts: parts with `|` between them, the user first, so that the rows of a user stand together. A part that
holds `|` or `%` has it as its hex code (`key_parts`).
"""

from typing import NamedTuple

from streams.events import key_parts
from streams.tables import rows
from streams.tables.rows import RowKind


def state_key(*parts: str) -> bytes:
    """Parts of a key, the user first. Different parts never give the same bytes; `user|` is the prefix of one user."""
    joined = "|".join(parts)  # as `key_parts` does, without its call: several for each event
    if "%" in joined or joined.count("|") >= len(parts):
        joined = key_parts.join("|", parts)
    return joined.encode()


def split(key: bytes) -> list[str]:
    """The parts of a key that `state_key` made."""
    return key_parts.split("|", key.decode())


def range_of_user(user_id: str) -> tuple[bytes, bytes]:
    """[start, stop) of all keys that begin with this user and have more parts."""
    prefix = state_key(user_id)
    return prefix + b"|", prefix + b"}"  # `}` follows `|`


class KeyKind(NamedTuple):
    """`shape`: `<part>` is not empty, `<part:8>` has so many bytes, of any kind, `<*>` is any number of any bytes.

    `row`: what the value is; None where it has no number (see `rows`). `writer`: the module in streams/ that writes it.
    """

    table: str
    shape: str
    row: RowKind | None
    writer: str


# The list of all keys. Where two shapes of a table fit a key, the first one counts.
KINDS = (
    KeyKind("connections", "<user>|<provider>", rows.CONNECTION, "agents.steps.connection_rows"),
    KeyKind("connections", "<user>|<provider>|<resource>", rows.COVERAGE, "agents.steps.backfill_rows"),
    KeyKind("connections", "\0outage|<*>", None, "agents.sweeps.outage"),
    KeyKind("connections", "__streams\0offsets__", rows.OFFSETS, "engine.positions.ledger"),
    KeyKind("backfills", "<user>|<provider>|<resource>", rows.BACKFILL, "agents.steps.backfill_rows"),
    KeyKind("summaries", "<user>||zone", rows.ZONE, "agents.steps.zones"),
    KeyKind("summaries", "<user>|<resource>||day|<day>", rows.RIVALS, "agents.steps.day_preferences"),
    KeyKind("summaries", "<user>|workout_stream|<id>|stream", rows.SUMMARY, "agents.steps.entities"),
    KeyKind("summaries", "<owner>|lab|<resource>|<id>", rows.ENTITY, "agents.steps.entities"),
    KeyKind("summaries", "<user>|query|row|<id>", rows.ENTITY, "agents.steps.entities"),
    KeyKind("summaries", "<user>|device|<id>", rows.ENTITY, "agents.steps.entities"),
    KeyKind("summaries", "<user>|<resource>|<id>", rows.SUMMARY, "agents.steps.entities"),
    KeyKind("samples", "<user>|<resource>||sources", rows.MAKERS, "agents.steps.hour_preferences"),
    KeyKind("samples", "<user>|<resource>|<provider>|<source type><*>|<hour>", rows.BLOCK, "agents.timeseries"),
    KeyKind("deliveries", "<owner>|<delivery id>", rows.DELIVERY, "agents.steps.deliveries"),
    KeyKind("drift", "items:<raw topic>", None, "agents.steps.drift"),
    KeyKind("drift", "word:<hash>", rows.DRIFT, "agents.steps.drift"),
    KeyKind("drift", "<kind>:<*>", rows.DRIFT, "agents.steps.drift"),
    KeyKind("alerts", "u|<user>", rows.USER, "alerts.lives.user_update"),
    KeyKind("alerts", "m|<user>|<topic>|<series>", rows.WINDOW, "alerts.evaluation.series_rules"),
    KeyKind("alerts", "n|<user>|<topic>|<series>", rows.BASELINE, "alerts.evaluation.series_rules"),
    KeyKind("alerts", "c|<user>|<topic>|<series>|<minute>", rows.CROWD, "alerts.evaluation.series_rules"),
    KeyKind("alerts", "s|<user>|<topic>", rows.ARRIVALS, "alerts.evaluation.event_rules"),
    KeyKind("alerts", "t|<due ms:8>|<user>|<rule>", rows.TIMER, "alerts.lives.timers"),
    KeyKind("fetches", "j|<user>|<provider>|<resource>", rows.JOB, "tables.history.queue"),
    KeyKind("fetches", "j|<user>|<provider>|<resource>|<workout>", rows.JOB, "tables.history.queue"),
    KeyKind("fetches", "q<priority:1><due ms:8>j|<*>", None, "tables.history.queue"),
    KeyKind("fetches", "__streams\0offsets__", rows.OFFSETS, "engine.positions.ledger"),
)
