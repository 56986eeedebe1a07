"""`drift`: what Junction's events have that its documentation has not, from the topic of drift."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from streams.events import topics
from streams.kafka.reader import Reader
from streams.ops import terminal
from streams.ops.settings import Settings
from streams.ops.terminal import Rows

_SCOPES_SHOWN = 3
_COPIED = ("kind", "scope", "path", "found", "count", "first_seen_at", "last_seen_at")


@dataclass(frozen=True, slots=True)
class DriftItem:
    """One item over all partitions. `example`: where an event with it lies, as `topic partition:offset`."""

    kind: str
    scope: str
    path: str
    found: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    example: str

    def is_meant(self, kind: str, since_ms: int | None) -> bool:
        return kind in ("", self.kind) and (since_ms is None or self.last_seen_at.timestamp() * 1000 >= since_ms)

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.kind, self.scope, self.path, self.found


def print_drift(settings: Settings, *, kind: str, since_ms: int | None, as_json: bool) -> None:
    """Print the report. `kind`: only this one; "" for all. `since_ms`: only what was last seen since, Unix ms."""
    known = merged(read(settings))
    items = [item for item in known if item.is_meant(kind, since_ms)]
    if as_json:
        terminal.machine({"items": [asdict(item) for item in items]}, lambda value: value.isoformat())
    elif items:
        terminal.console().print(render(items))
    else:
        terminal.say(nothing(len(known)))


def nothing(others: int) -> str:
    """The sentence of an empty report. `others`: items that the filter left out."""
    if not others:
        return "no drift: every event was as Junction documents it"
    return f"no drift matches; {others:,} {'item' if others == 1 else 'items'} without --kind and --since"


def read(settings: Settings) -> list[dict[str, Any]]:
    """The newest record of each item and partition."""
    reader = Reader(settings, [f"{settings.topic_prefix}.{topics.DRIFT}"], from_beginning=True)
    with closing(reader):
        newest = {(row.partition, row.key): row.record for row in reader.records()}
    return [record for record in newest.values() if record is not None]


def merged(records: Iterable[dict[str, Any]]) -> list[DriftItem]:
    """Records of several partitions as items, the most frequent of each kind first."""
    items: dict[tuple[str, ...], DriftItem] = {}
    for record in records:
        item = _item(record)
        known = items.get(item.key)
        items[item.key] = item if known is None else _sum(known, item)
    return sorted(items.values(), key=lambda item: (item.kind, -item.count, item.key))


def _item(record: dict[str, Any]) -> DriftItem:
    example = f"{record['raw_topic']} {record['raw_partition']}:{record['raw_offset']}"
    return DriftItem(example=example, **{name: record[name] for name in _COPIED})


def _sum(a: DriftItem, b: DriftItem) -> DriftItem:
    newer = max(a, b, key=lambda item: item.last_seen_at)
    first = min(a.first_seen_at, b.first_seen_at)
    return replace(newer, count=a.count + b.count, first_seen_at=first)


def render(items: Iterable[DriftItem]) -> Rows:
    """For people: what drifts in the same place of several resources is one row."""
    columns = ("kind", "where", "path", "found", "count", "first seen", "last seen", "example")
    rows = Rows(*columns, right=["count"], is_bare=True)
    same: dict[tuple[str, ...], list[DriftItem]] = {}
    for item in items:
        same.setdefault((item.kind, item.path, item.found), []).append(item)
    for group in same.values():
        rows.add(*_cells(group))
    return rows


def _cells(group: list[DriftItem]) -> list[str]:
    scopes = [item.scope for item in group]
    more = f" and {len(scopes) - _SCOPES_SHOWN} more" if len(scopes) > _SCOPES_SHOWN else ""
    whole = group[0]
    for item in group[1:]:
        whole = _sum(whole, item)
    about = f"{whole.count:,}"
    times = (f"{at:%Y-%m-%d %H:%M}" for at in (whole.first_seen_at, whole.last_seen_at))
    return [whole.kind, ", ".join(scopes[:_SCOPES_SHOWN]) + more, whole.path, whole.found, about, *times, whole.example]
