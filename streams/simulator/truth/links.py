"""Facts of the state of connections and backfills."""

from collections.abc import Iterator

from streams.events import topics
from streams.simulator.truth.fact import Fact, Json, micros, version_of
from streams.simulator.world.world import Event


def of_connection(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    """Each side has a newest of its own: when it was connected last, when it failed last, and which of
    the two came later. `resource` is that of every connection."""
    provider = data["provider"] if isinstance(data["provider"], str) else data["provider"]["slug"]
    key, version = (topics.CONNECTIONS, event.user_id, provider), version_of(event)
    if event.event_type.endswith(".error"):
        yield Fact((*key, "status"), "error", version)
        yield Fact((*key, "error_type"), data["error_type"], version)
    else:
        yield Fact((*key, "status"), "connected", version)
        yield Fact((*key, "connected_at"), event.told_ms, version)
        able = {name for name, answer in data["resource_availability"].items() if answer["status"] == "available"}
        yield Fact((*key, "resources_available"), frozenset(able), version)


def of_connection_record(record: Json) -> Iterator[Fact]:
    """The same facts, of a clean record."""
    key = (topics.CONNECTIONS, record["user_id"], record["provider"])
    if record["status"] != "implied":  # made from data alone; no event says so
        yield Fact((*key, "status"), record["status"])
    if record["error_type"] is not None:
        yield Fact((*key, "error_type"), record["error_type"])
    if record["connected_at"] is not None:
        yield Fact((*key, "connected_at"), micros(record["connected_at"]) // 1000)
        yield Fact((*key, "resources_available"), frozenset(record["resources_available"]))


def of_backfill(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    """The range of history that a notice names; Junction writes it backwards at times (5.1)."""
    bounds = [micros(data["start_date"]), micros(data["end_date"])]
    content = (*sorted(bounds), bounds[0] > bounds[1], data["provider"] == "garmin")
    yield Fact((topics.BACKFILLS, event.user_id, data["provider"], resource), content, version_of(event))


def of_backfill_record(record: Json) -> Iterator[Fact]:
    """The same fact, of a clean record."""
    if record["range_start"] is None:  # fetched without a notice: no event says so
        return
    bounds = (micros(record["range_start"]), micros(record["range_end"]))
    content = (*bounds, record["is_range_swapped"], record["is_early_notice"])
    yield Fact((topics.BACKFILLS, record["user_id"], record["provider"], record["resource"]), content)
