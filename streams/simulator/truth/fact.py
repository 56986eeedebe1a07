"""One thing that a body or a clean record says: its key and its content."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.simulator.truth import rivals
from streams.simulator.truth.rivals import Rival
from streams.simulator.world.world import Event

Json = Mapping[str, Any]
Key = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


class Fact(NamedTuple):
    """`version`: what is newest, (`updated_at` or 0, creation time), both µs; a clean record's facts have none.

    `rival`: with which others it is compared, of an event's fact; `preferred`: what a clean record says of that.
    """

    key: Key
    content: Any
    version: tuple[int, int] = (0, 0)
    rival: Rival | None = None
    preferred: bool | None = None


def version_of(event: Event, updated_at: str | None = None) -> tuple[int, int]:
    """Of an event's facts."""
    return (micros(updated_at) if updated_at else 0, event.created_at_ms * 1000)


def micros(time: str | datetime) -> int:
    """Microseconds since 1970, of a JSON time or of a decoded Avro one."""
    return ((datetime.fromisoformat(time) if isinstance(time, str) else time) - _EPOCH) // _MICRO


def provider_of(data: Json) -> str:
    """Provider of either generation (domain file, 3.2)."""
    source = data["source"]
    return str(source.get("provider") or source["slug"])


def maker_of(source: Json) -> rivals.Maker:
    """Of the source of a clean record."""
    return source["provider"], source["type"]
