"""Facts of summaries."""

from collections.abc import Iterator

from streams.events import topics
from streams.simulator.truth import rivals
from streams.simulator.truth.fact import Fact, Json, maker_of, provider_of, version_of
from streams.simulator.truth.fields import of_body, of_record
from streams.simulator.world.world import Event


def of_summary(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    """Of an object, of a stream, or of the notice of one."""
    id = data["workout_id"] if resource == "workout_stream" else data["id"]
    key, maker = f"{event.user_id}:{resource}:{id}", (provider_of(data), data["source"].get("type") or "unknown")
    content = (of_body(topics.schema_of(resource), data), maker, rivals.local_day(data))
    version, rival = version_of(event, data.get("updated_at")), rivals.of_summary(resource, event.user_id, data, maker)
    yield Fact((resource, key, *_part("stream" in data)), content, version, rival)


def of_summary_record(topic: str, key: bytes, record: Json) -> Iterator[Fact]:
    """The same fact, of a clean record."""
    is_stream = topic == "workout_stream" and bool(record["times"])
    day = rivals.day_of_record(record["local_date"])
    content = (of_record(topics.schema_of(topic), record), maker_of(record["source"]), day)
    yield Fact((topic, key.decode(), *_part(is_stream)), content, preferred=record["preferred"])


def _part(is_stream: bool) -> tuple[str, ...]:
    """A workout's stream is a thing of its own, beside the notice that announces it, under the same key."""
    return ("stream",) if is_stream else ()
