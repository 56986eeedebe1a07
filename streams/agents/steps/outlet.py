"""Where records go: encoded, to the clean topics of one prefix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.events import key_of
from streams.kafka.codec import Codec
from streams.tables import CleanRecord, Draft


@dataclass(frozen=True, slots=True)
class Outlet:
    """Encodes and emits to the clean topics of one prefix."""

    codec: Codec
    prefix: str

    def emit(
        self, draft: Draft, topic: str, key: Sequence[str] | bytes, record: dict[str, Any], *, more: int = 0
    ) -> None:
        """`topic`: short name. `key`: its parts, or itself. Raises Rejected(TOO_LARGE); `more`: as in `Draft`."""
        value = self.codec.encode(topic, record)
        whole = key if isinstance(key, bytes) else key_of(*key)
        draft.emit(f"{self.prefix}.{topic}", whole, value, more=more)
        draft.count("clean_records", topic)
        if draft.observations is not None:
            draft.observations.append(CleanRecord(topic, record))
