"""What an index has beside rows, of what the product's folds emitted: links, histories, dead letters, client ids."""

from typing import Any

from streams.events import header, topics
from streams.events.headers import H_DEAD_AT
from streams.events.times import millis
from streams.kafka import codec
from streams.lineage.index.intake.records import history_of, letter_of, link_of
from streams.lineage.index.temporary import TemporaryIndex
from streams.tables.outputs import Emit
from tests.folding import PREFIX
from tests.lineage.product import PARTITION, Product


def fill(index: TemporaryIndex, product: Product) -> None:
    """All that the product told, committed."""
    writer = index.writer
    writer.add(product.rows)
    for offset, emit in enumerate(product.emits):
        name = emit.topic.removeprefix(f"{PREFIX}.")
        if name == topics.DEAD_LETTERS:
            headers = list(emit.headers or ())
            dead_ms = millis(header(headers, H_DEAD_AT)) or 0
            writer.add_letter(letter_of(headers, PARTITION, offset, dead_ms, f"{PREFIX}."))
        elif name == topics.CONNECTIONS:
            record = _record(emit, "Connection")
            writer.put_link(record["user_id"], record["provider"], link_of(record))
            writer.add_client(record["client_user_id"] or "", record["user_id"], record["processed_at"])
        elif name == topics.BACKFILLS:
            record = _record(emit, "Backfill")
            writer.put_history(record["user_id"], record["provider"], record["resource"], history_of(record))
    writer.commit()


def _record(emit: Emit, schema: str) -> dict[str, Any]:
    return codec.decode(emit.value or b"", codec.bare(codec.parsed(schema)))
