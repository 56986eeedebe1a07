"""What an index has beside rows, of what the product's folds emitted: links, histories, dead letters, client ids."""

from typing import Any

from streams.events import header, parse_type, topics
from streams.events.headers import (
    H_DEAD_AT,
    H_DETAIL,
    H_FROM_OFFSET,
    H_FROM_PARTITION,
    H_FROM_TOPIC,
    H_ID,
    H_PARTITION_KEY,
    H_REASON,
    H_TYPE,
)
from streams.events.times import millis
from streams.kafka import codec
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.known import DeadLetter, History, Link
from streams.tables.outputs import Emit
from tests.folding import PREFIX
from tests.lineage.product import Product

Json = dict[str, Any]


def fill(index: TemporaryIndex, product: Product) -> None:
    """All that the product told, committed."""
    index.writer.add(product.rows)
    for offset, emit in enumerate(product.emits):
        name = emit.topic.removeprefix(f"{PREFIX}.")
        if name == topics.DEAD_LETTERS:
            index.writer.add_letter(_letter(emit, offset))
        elif name == topics.CONNECTIONS:
            record = _record(emit, "Connection")
            index.writer.put_link(record["user_id"], record["provider"], _link(record))
            index.writer.add_client(record["client_user_id"] or "", record["user_id"], record["processed_at"])
        elif name == topics.BACKFILLS:
            record = _record(emit, "Backfill")
            index.writer.put_history(record["user_id"], record["provider"], record["resource"], _history(record))
    index.writer.commit()


def _record(emit: Emit, schema: str) -> Json:
    return codec.decode(emit.value or b"", codec.bare(codec.parsed(schema)))


def _link(record: Json) -> Link:
    return Link(
        provider=record["provider"], status=record["status"], since_ms=record["since"],
        error_type=record["error_type"] or "", error_ms=record["error_at"] or 0,
        available=tuple(record["resources_available"]), unavailable=tuple(record["resources_unavailable"]),
    )  # fmt: skip


def _history(record: Json) -> History:
    start_us, end_us = record["fetch_start"] or record["range_start"], record["fetch_end"] or record["range_end"]
    return History(
        provider=record["provider"], resource=record["resource"], status=record["status"], reason=record["reason"],
        share=record["share"], start_ms=(start_us or 0) // 1000, end_ms=(end_us or 0) // 1000,
        progress_ms=record["progress_at"] or record["notified_at"] or 0,
    )  # fmt: skip


def _letter(emit: Emit, offset: int) -> DeadLetter:
    headers = list(emit.headers or ())
    return DeadLetter(
        partition=3, offset=offset, raw_topic=header(headers, H_FROM_TOPIC).removeprefix(f"{PREFIX}."),
        raw_partition=int(header(headers, H_FROM_PARTITION)), raw_offset=int(header(headers, H_FROM_OFFSET)),
        delivery_id=header(headers, H_ID), owner_id=header(headers, H_PARTITION_KEY),
        event_type=header(headers, H_TYPE), resource=parse_type(header(headers, H_TYPE)).resource,
        reason=header(headers, H_REASON), detail=header(headers, H_DETAIL),
        dead_ms=millis(header(headers, H_DEAD_AT)) or 0,
    )  # fmt: skip
