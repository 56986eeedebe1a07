"""Samples as columns: no object a sample beyond what the decoder makes. Sorted by time, so that blocks are slices."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from streams.events.text import body_bounds
from streams.payloads.values import to_json

SAMPLES_MAX = 10_000  # in one clean record: about 200 kB
TEXT_BYTES_MAX = 512 * 1024  # in one clean record, of what samples say beside numbers


class Attributes(NamedTuple):
    """What samples of one event usually share; one clean record holds samples of equal attributes."""

    unit: str
    type: str | None = None
    timezone_offset_s: int | None = None
    sensor_location: str | None = None
    intensity: str | None = None
    is_interval: bool = False


@dataclass(slots=True)
class Columns:
    """Samples as columns of equal length, in the order of their times.

    `contents`: the value, or for samples that are no number a 64-bit hash of all they say. `tags`: hash of attributes,
    duration and unknown fields; with the content it decides whether two versions are the same. `unknowns` (names and
    values without a place) and `samples` (values by name, where one is no number) are empty if no sample has them.
    """

    times_us: list[int]
    ends_us: list[int]
    contents: list[Any]
    attributes: list[Attributes]
    tags: list[int]
    unknowns: list[dict[str, Any]] = field(default_factory=list)
    samples: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.times_us)

    def take(self, indices: Sequence[int]) -> "Columns":
        """The samples at these places, in this order."""
        pick = operator.itemgetter(*indices) if len(indices) > 1 else lambda column: (column[indices[0]],)
        columns = (self.times_us, self.ends_us, self.contents, self.attributes, self.tags, self.unknowns, self.samples)
        return Columns(*(list(pick(column)) if column else [] for column in columns))

    @property
    def are_numbers(self) -> bool:
        """Whether no sample has anything but a number."""
        return not self.samples and not self.unknowns

    def text_bytes(self, place: int) -> int:
        """About how many bytes a sample has beside its times."""
        beside = (column[place] for column in (self.samples, self.unknowns) if column)
        return sum(len(to_json(one)) for one in beside)

    @property
    def are_alike(self) -> bool:
        """Whether all samples share their attributes."""
        return self.attributes.count(self.attributes[0]) == len(self.attributes) if self.attributes else True


def build(
    times_us: list[int],
    ends_us: list[int],
    contents: list[Any],
    attributes: list[Attributes],
    unknowns: list[dict[str, Any]],
    samples: list[dict[str, Any]],
) -> Columns:
    """Columns in the order of their times, with tags. Raises Rejected(TOO_LARGE) for too many unknown fields."""
    if unknowns:
        body_bounds.check_table(len(unknowns), len(set().union(*unknowns)), "$.data.data[]")
    tags = _tags(times_us, ends_us, attributes, unknowns)
    made = Columns(times_us, ends_us, contents, attributes, tags, unknowns, samples)
    if sorted(times_us) == times_us:
        return made
    return made.take(sorted(range(len(times_us)), key=times_us.__getitem__))


def _tags(
    times_us: list[int], ends_us: list[int], attributes: list[Attributes], unknowns: list[dict[str, Any]]
) -> list[int]:
    durations = [0] * len(times_us) if ends_us is times_us else list(map(operator.sub, ends_us, times_us))
    if unknowns:
        rests = [to_json(unknown) if unknown else b"" for unknown in unknowns]
        return [
            (tag if len(rest) <= _REMEMBERED_BYTES else tag.__wrapped__)(one, duration_us, rest)
            for one, duration_us, rest in zip(attributes, durations, rests, strict=True)
        ]
    first = (attributes[0], durations[0])
    if durations.count(first[1]) == len(durations) and attributes.count(first[0]) == len(attributes):
        return [tag(*first)] * len(durations)
    return list(map(tag, attributes, durations))


_REMEMBERED_BYTES = 256  # of what is unknown: the cache of tags keeps its keys


@lru_cache(maxsize=65536)
def tag(attributes: Attributes, duration_us: int, unknown: bytes = b"") -> int:
    """64 bits that differ when anything but the value differs."""
    return hash64(to_json([*attributes, duration_us]) + unknown)


NOTHING = Columns([], [], [], [], [])


def hash64(data: bytes) -> int:
    """Unsigned."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
