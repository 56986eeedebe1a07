"""`tail`: decoded records of one topic as a person, or a program, wants to see them."""

from typing import Any

from rich.console import Console

from streams.events import ids, owner_in, topics
from streams.kafka.reader import Decoded, Reader
from streams.ops import terminal
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

POLL_S = 0.5


def tail(settings: Settings, topic: str, *, user_id: str, from_beginning: bool, limit: int, as_json: bool) -> None:
    """Print records until `limit` (0: until Ctrl-C). `topic` is short (`sleep`) or full (`junction.sleep`)."""
    prefix = f"{settings.topic_prefix}."
    name = topic if topic.startswith(prefix) else prefix + topic
    if is_json(name.removeprefix(prefix)):
        raise Misconfigured(f"{name} holds JSON and no Avro; docs/catalogue.md lists the topics that `tail` can read")
    reader = Reader(settings, [name], from_beginning=from_beginning)
    console = terminal.console()
    seen = 0
    try:
        while not limit or seen < limit:
            for record in reader.poll(POLL_S):
                if wanted(record, user_id) and (not limit or seen < limit):
                    seen += 1
                    show(console, record, as_json=as_json)
    finally:
        reader.close()


def is_json(topic: str) -> bool:
    """Whether a topic of ours, by its short name, is none for `tail`: else it would pass over each record, for ever."""
    return topic.startswith("raw.") or topic in _JSON


_JSON = {
    topics.DEAD_LETTERS,
    topics.REDRIVEN,
    topics.ALERT_THRESHOLDS,
    topics.FETCH_JOBS,
    topics.FETCH_PROGRESS,
    topics.HEARTBEATS,
}


def wanted(record: Decoded, user_id: str) -> bool:
    """Whether it is one of this user, by its record or, where it has none that can be read, by its key."""
    if not user_id:
        return True
    owner = owner_in(record.key) if record.record is None else record.record.get("user_id")
    return ids.canonical(owner or "") == ids.canonical(user_id)


def show(console: Console, record: Decoded, *, as_json: bool) -> None:
    """One record: a JSON object in one line, or a heading with the fields that are set."""
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    if as_json:
        body = {**place, "key": record.key.decode("utf-8", "replace"), "value": record.record}
        terminal.machine(body, str)
        return
    key = record.key.decode("utf-8", "replace")
    head = terminal.line((record.topic, "bold"), f" {record.partition}:{record.offset} {key}")
    console.print(head, soft_wrap=True)
    for name, text in _lines(record.record or {}):
        console.print(terminal.line("  ", (name, "cyan"), f" {text}"), soft_wrap=True)


def _lines(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Field name and text of what is set; nested records as name.field; long arrays shortened."""
    rows: list[tuple[str, str]] = []
    for name, value in record.items():
        if value is None or value in ([], ""):
            continue
        if isinstance(value, dict):
            rows += [(f"{name}.{inner}", text) for inner, text in _lines(value)]
        else:
            rows.append((name, _text(value)))
    return rows


def _text(value: Any) -> str:
    if isinstance(value, list):
        shown = ", ".join(_text(item) for item in value[:4])
        return f"[{shown}, … {len(value)} in all]" if len(value) > 4 else f"[{shown}]"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)
