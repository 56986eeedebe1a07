"""Facts of labs, (topic, what, id), and of rows of queries, (topic, user, query, its group)."""

from collections.abc import Iterator

import msgspec

from streams.events import topics
from streams.simulator.truth.fact import Fact, Json, version_of
from streams.simulator.truth.fields import bare, of_body, of_record, plain
from streams.simulator.world.world import Event


def of_lab(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    """Of an order, a result or a parsing job, as it is after the event."""
    if resource == "result":
        id = "/".join(data[name] for name in ("order_id", "sample_id", "status"))
    else:
        id = data["order_id" if resource == "order_tracking" else "id"]
    order_id = data["id"] if resource == "order" else data.get("order_id")
    content = (of_body("Lab", data), order_id, plain(data))
    yield Fact((topics.LABS, resource, id), content, version_of(event, data.get("updated_at")))


def of_lab_record(record: Json) -> Iterator[Fact]:
    """The same fact, of a clean record."""
    content = (of_record("Lab", record), record["order_id"], plain(msgspec.json.decode(record["payload_json"])))
    yield Fact((topics.LABS, record["resource"], record["id"]), content)


def of_rows(event: Event, resource: str, data: list[Json]) -> Iterator[Fact]:
    """One for each row of each table. `resource` is that of every query."""
    for table in data:
        for values in zip(*table["data"].values(), strict=True):
            row = dict(zip(table["data"], values, strict=True))
            group = tuple(row.pop(name) for name in sorted(row) if name.startswith("group_key"))
            yield Fact((topics.QUERY_RESULTS, event.user_id, table["query_id"], *group), bare(row), version_of(event))


def of_row_record(record: Json) -> Iterator[Fact]:
    """The same fact, of a clean record."""
    group = (record["group_key"][name] for name in sorted(record["group_key"]))
    key = (topics.QUERY_RESULTS, record["user_id"], record["query_id"], *group)
    yield Fact(key, bare(record["numbers"] | record["texts"]))
