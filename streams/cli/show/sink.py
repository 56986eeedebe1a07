"""What `sink status`, `rejects`, `erase` and `rebuild` print."""

from collections.abc import Sequence
from datetime import datetime

from connectors.postgres.erase import Erasure
from connectors.postgres.overview import StoredReject, TopicStatus
from streams.ops import terminal
from streams.ops.terminal import Rows, line


def print_status(topics: Sequence[TopicStatus], *, as_json: bool) -> None:
    """A row a topic; those that never had a record are counted."""
    if as_json:
        terminal.machine([one._asdict() for one in topics], datetime.isoformat)
        return
    shown = [one for one in topics if one.committed_at or one.lag or one.rejects]
    table = Rows("sink", "topic", "position", "lag", "rows", "last commit", "rejects", right=_NUMBERS, once="sink")
    for one in shown:
        lag = line(("?", "dim")) if one.lag is None else line((f"{one.lag:,}", "yellow" if one.lag else "green"))
        rejects = line((f"{one.rejects:,}", "red" if one.rejects else ""))
        table.add(one.sink, one.topic, f"{one.position:,}", lag, f"{one.rows:,}", _time(one.committed_at), rejects)
    if shown:
        terminal.console().print(table)
    terminal.say(f"{len(shown)} topics with records, {len(topics) - len(shown)} without" if topics else _NOTHING)
    if any(one.lag is None for one in shown):
        terminal.say("Kafka does not say how far its topics go")


_NUMBERS = ("position", "lag", "rows", "rejects")
_NOTHING = "no sink has begun: `junction-streams sink postgres` does"


def _time(at: datetime | None) -> str:
    return at.isoformat(sep=" ", timespec="seconds") if at else "-"


def print_rejects(rejects: Sequence[StoredReject], *, as_json: bool) -> None:
    """A row a record."""
    if as_json:
        terminal.machine([one._asdict() for one in rejects], datetime.isoformat)
        return
    if not rejects:
        terminal.say("every record could be written")
        return
    table = Rows("topic", "partition", "offset", "rejected", "why", right=("partition", "offset"), once="topic")
    for one in rejects:
        table.add(one.topic, str(one.partition), str(one.offset), _time(one.at), one.reason)
    terminal.console().print(table)


def print_erasure(erasure: Erasure, *, is_vacuumed: bool, as_json: bool) -> None:
    """Rows by table."""
    if as_json:
        terminal.machine(erasure._asdict() | {"is_vacuumed": is_vacuumed}, datetime.isoformat)
        return
    for table, n in erasure.rows.items():
        terminal.say(f"{n:>10,}  {table}")
    terminal.say(f"forgotten: what was delivered before {_time(erasure.at)} never comes back into these tables")
    if erasure.rows and not is_vacuumed:
        terminal.say("PostgreSQL keeps deleted rows in its files until it vacuums; --vacuum does it now")
    terminal.say("Kafka and backups have what they had: docs/privacy.md says where, and for how long")


def print_rebuild(topic: str, n: int, *, as_json: bool) -> None:
    """What was done."""
    if as_json:
        terminal.machine({"topic": topic, "rows_deleted": n})
        return
    terminal.say(f"{n:,} rows of {topic} deleted; sinks that run read it again from its beginning, now")
