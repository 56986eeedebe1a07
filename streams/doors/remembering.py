"""A log that keeps some of the records that were read by their places: few are asked for again and again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from streams.doors.raw_records import NEEDED, RawLog, RawRecord

KEPT_BYTES_MAX = 24 * 1024 * 1024
_BESIDE_BYTES = 200  # what a dictionary takes for a record
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(RawRecord).decode


class Remembering:
    """In front of another log. `bytes_max`: of records that are kept; the first ones are."""

    def __init__(self, log: RawLog, bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._log, self._left = log, bytes_max
        self._kept: dict[tuple[str, int], dict[int, bytes]] = defaultdict(dict)

    def since(self, since_ms: int) -> Iterable[RawRecord]:
        return self._log.since(since_ms)

    def at(self, places: Mapping[tuple[str, int], Sequence[int]]) -> Iterator[RawRecord]:
        absent: dict[tuple[str, int], list[int]] = {}
        for place, offsets in places.items():
            kept = self._kept[place]
            absent[place] = [offset for offset in offsets if offset not in kept]
        for place, offsets in places.items():
            kept = self._kept[place]
            yield from (_unpack(kept[offset]) for offset in offsets if offset in kept)
        for record in self._log.at(absent):
            self._keep(record)
            yield record

    def _keep(self, record: RawRecord) -> None:
        packed = _pack(record._replace(headers={name: record.headers.get(name, b"") for name in NEEDED}))
        self._left -= len(packed) + _BESIDE_BYTES
        if self._left > 0:
            self._kept[record.topic, record.partition][record.offset] = packed
