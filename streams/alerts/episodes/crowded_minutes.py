"""Minutes with more samples than a window keeps: all of them, in a row for each minute while the window has it.

A window keeps the lowest and the highest of a minute. When one of them is corrected, the next one counts. Without all
samples, an alert would be corrected while another sample is above the bound, or not, depending on the order of arrival.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from streams.tables import rows

OUTER_MAX = 64  # lowest, and as many highest, of one minute: enough for two sources with a sample each second

Source = tuple[str, str, str, int]  # provider, source type, raw topic, raw partition


class Sample(NamedTuple):
    """A point with its source. Sorts by time, value and source, whatever the order of arrival."""

    time_us: int
    value: float
    source: Source
    offset: int
    age_s: int


class _Stored(NamedTuple):
    sources: list[Source]
    samples: list[tuple[int, float, int, int, int]]  # `source`: place in the sources


class CrowdedMinutes:
    """Rows of one series, by the minute since 1970. `write` deletes the row for None."""

    def __init__(self, read: Callable[[int], bytes | None], write: Callable[[int, bytes | None], None]) -> None:
        self._read, self._write = read, write

    def of(self, minute: int) -> list[Sample]:
        """All samples of a minute; empty where the window has all of them."""
        stored = self._read(minute)
        return [] if stored is None else decode(stored)

    def keep(self, minute: int, samples: Sequence[Sample]) -> None:
        """Store the samples of a minute."""
        self._write(minute, encode(outer(samples)))

    def forget(self, minute: int) -> None:
        """Delete the samples of a minute that has left the window."""
        if self._read(minute) is not None:
            self._write(minute, None)


def outer(samples: Sequence[Sample]) -> list[Sample]:
    """The lowest and the highest OUTER_MAX."""
    if len(samples) <= 2 * OUTER_MAX:
        return list(samples)
    by_value = sorted(samples, key=height)
    return sorted([*by_value[:OUTER_MAX], *by_value[-OUTER_MAX:]])


def height(sample: Sample) -> tuple[float, int, Source]:
    """Sort key by value; of equal values the later one is higher."""
    return sample.value, sample.time_us, sample.source


def encode(samples: Sequence[Sample]) -> bytes:
    sources = sorted({sample.source for sample in samples})
    places = {source: place for place, source in enumerate(sources)}
    placed = [(time_us, value, places[source], offset, age_s) for time_us, value, source, offset, age_s in samples]
    return rows.pack(rows.CROWD, _encode(_Stored(sources, placed)))


def decode(stored: bytes) -> list[Sample]:
    sources, placed = _decode(rows.unpack(rows.CROWD, stored))
    return [Sample(time_us, value, sources[place], offset, age_s) for time_us, value, place, offset, age_s in placed]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode
