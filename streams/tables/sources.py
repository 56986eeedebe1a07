"""Which source is preferred where several have the same data. Pure: the policy, and rows of who has what.

Junction never merges sources, and counting all of them counts a step twice (domain file, 3.8, 9.1). Of the sources that
have a resource of one user, on one day (summaries) or in one hour (interval samples), one is preferred: by the rank of
its source type in the order of Junction Sense, then by the rank of its provider, then by name, so that it is always
one. It is a maximum over a set that only grows or is replaced by newer versions: the order of arrival decides nothing.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec

from streams.events import DAY_MS, Resource, Shape, Value
from streams.tables import rows

# Best first (9.1). Types without a published rank (insulin_pump, exercise_machine, earphone, new ones) come last.
SENSE_ORDER = (
    "lab", "automatic", "watch", "ring", "chest_strap", "scale", "cuff",
    "fingerprick", "manual_scan", "phone", "app", "multiple_sources", "unknown",
)  # fmt: skip
# Points by their schema, intervals by the documentation's page: they add up (2.5).
_ADD_UP = frozenset({"water", "calories_basal", "floors_climbed"})
WINDOW_DAYS = 90  # the product's contract, section 4
IDS_MAX = 500  # entities of one source and day that are remembered
MAKERS_MAX = 64  # sources of a day; real ones have a handful
IDS_CHARS_MAX = 128 * 1024  # of all entities of a day: its row must have room for the next one, whatever ids look like


class Maker(NamedTuple):
    """A source as far as preference goes."""

    provider: str
    type: str


class Policy:
    """What a team may decide otherwise. `source_types` and `providers`: best first; what they leave out follows them.

    `fallback_time_zone`: of users whose zone is not known from their data, "" for none. `window_days`: how long the
    state of samples is kept behind the newest delivery, 0 for ever. `pushed_doors`: through which history comes as
    events.
    """

    def __init__(
        self,
        source_types: Iterable[str] = (),
        providers: Iterable[str] = (),
        fallback_time_zone: str = "",
        window_days: int = WINDOW_DAYS,
        pushed_doors: Iterable[str] = (),
    ) -> None:
        given = tuple(dict.fromkeys(source_types))
        self._types = (*given, *(one for one in SENSE_ORDER if one not in given))
        self._providers = tuple(dict.fromkeys(providers))
        self.fallback_time_zone = fallback_time_zone
        self.window_days = window_days
        self.pushed_doors = frozenset(pushed_doors)

    def rank(self, source_type: str) -> int:
        """1 = best."""
        return self._type_ranks.get(source_type, len(self._types) + 1)

    def best(self, makers: Iterable[Maker]) -> Maker:
        """The one to take. Raises ValueError if there is none."""
        return min(makers, key=self._place)

    def kept(self, makers: Iterable[Maker]) -> tuple[Maker, ...]:
        """The best MAKERS_MAX, sorted by name. As long as none is dropped, the order of arrival decides nothing."""
        return tuple(sorted(sorted(set(makers), key=self._place)[:MAKERS_MAX]))

    def is_beyond_window(self, made_ms: int, arrived_ms: int) -> bool:
        """Whether the state of something made then may have expired when this arrived.

        By the time of arrival: a message that is sent again keeps the time at which it was made first.
        """
        return self.window_days > 0 and made_ms + self.window_days * DAY_MS < arrived_ms

    def _place(self, maker: Maker) -> tuple[int, int, str, str]:
        return (self.rank(maker.type), self._provider_ranks.get(maker.provider, len(self._providers) + 1), *maker)

    @cached_property
    def _type_ranks(self) -> Mapping[str, int]:
        return {name: rank for rank, name in enumerate(self._types, 1)}

    @cached_property
    def _provider_ranks(self) -> Mapping[str, int]:
        return {name: rank for rank, name in enumerate(self._providers, 1)}


def is_compared(row: Resource) -> bool:
    """Whether a resource's samples are compared hour by hour: intervals, unless something else joins their key."""
    is_interval = row.shape is Shape.INTERVAL or row.name in _ADD_UP
    return is_interval and row.value is Value.NUMBER and not row.key_extra


class Rivals(NamedTuple):
    """Sources that have a resource on a day. `preferred`: as emitted last. `ids`: entities of each source, sorted."""

    preferred: Maker | None = None
    ids: tuple[tuple[Maker, tuple[str, ...]], ...] = ()

    def of(self, maker: Maker | None) -> tuple[str, ...]:
        return next((ids for one, ids in self.ids if one == maker), ())

    def removing(self, maker: Maker, id: str) -> "Rivals":
        """Without an entity, which moved to another day or has another source now."""
        return self._with(maker, tuple(one for one in self.of(maker) if one != id))

    def adding(self, maker: Maker, id: str) -> "Rivals":
        """With an entity. Beyond the bounds neither the last ids nor further sources are kept."""
        if len(self.ids) >= MAKERS_MAX and not self.of(maker):
            return self
        ids = sorted({*self.of(maker), id})[:IDS_MAX]
        others = sum(len(one) for other, theirs in self.ids if other != maker for one in theirs)
        while others + sum(map(len, ids)) > IDS_CHARS_MAX:
            ids.pop()
        return self._with(maker, tuple(ids))

    def _with(self, maker: Maker, ids: tuple[str, ...]) -> "Rivals":
        others = [row for row in self.ids if row[0] != maker]
        return self._replace(ids=tuple(sorted([*others, (maker, ids)] if ids else others)))

    def ranked(self, policy: Policy) -> "Rivals":
        """With `preferred` decided again."""
        return self._replace(preferred=policy.best(maker for maker, _ in self.ids) if self.ids else None)


_encode = msgspec.msgpack.Encoder().encode
_rivals = msgspec.msgpack.Decoder(Rivals).decode
_makers = msgspec.msgpack.Decoder(tuple[Maker, ...]).decode


def encode(rivals: Rivals) -> bytes | None:
    """None if no source is left."""
    return rows.pack(rows.RIVALS, _encode(rivals)) if rivals.ids else None


def decode(stored: bytes | None) -> Rivals:
    return Rivals() if stored is None else _rivals(rows.unpack(rows.RIVALS, stored))


def encode_makers(makers: tuple[Maker, ...]) -> bytes:
    """The sources that ever sent a resource's samples for a user."""
    return rows.pack(rows.MAKERS, _encode(makers))


def decode_makers(stored: bytes | None) -> tuple[Maker, ...]:
    return () if stored is None else _makers(rows.unpack(rows.MAKERS, stored))
