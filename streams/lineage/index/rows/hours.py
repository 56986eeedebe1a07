"""What an hour brought of a provider and resource, as a sum over lineage rows: in any order, the same. Pure."""

from collections.abc import Iterable, MutableMapping

import msgspec

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.index.rows import keys
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.index.rows.sketch import Sketch, register
from streams.lineage.known import ProviderHour
from streams.lineage.row import LineageRow

HISTORICAL = "historical"
NEW = "NEW"
# One device with a wrong clock must not make a provider late: a delay counts for so much at most, and for 0 at least.
DELAY_MAX_MS = 30 * DAY_MS

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[int, int, int, int, bytes]).decode


Hour = tuple[int, str, str]  # its beginning (Unix ms), provider, resource
# What one delivery adds to its hour: which, its user as `sketch.register` tells it, new samples, delay (-1 for none).
HourShare = tuple[Hour, int, int, int]


class HourSum:
    """What deliveries add to their hour. `registers`: of their users."""

    __slots__ = ("delay_ms", "delayed", "deliveries", "new_samples", "registers")

    def __init__(self) -> None:
        self.deliveries = self.new_samples = self.delay_ms = self.delayed = 0
        self.registers: list[int] = []


def sum_up(shares: Iterable[HourShare], sums: MutableMapping[Hour, HourSum]) -> None:
    """Add deliveries to the sums of their hours, which make new ones by themselves (a defaultdict)."""
    for hour, user, new_samples, delay in shares:
        one = sums[hour]
        one.deliveries += 1
        one.new_samples += new_samples
        one.registers.append(user)
        if delay >= 0:
            one.delay_ms += delay
            one.delayed += 1


def share_of(row: LineageRow) -> HourShare:
    """Of a row. A delivery without a time of receipt counts for the hour of its processing."""
    new = 0 if row.entities else sum(tally.n for tally in row.counted if tally.name == NEW)
    received = row.received_ms or row.processed_ms
    hour = (received - received % HOUR_MS, row.provider, row.resource)
    return hour, register(owner_digest(row.owner_id)), new, delay_ms(row.origin, row.received_ms, row.last_us)


def delay_ms(origin: str, received_ms: int, last_us: int) -> int:
    """From the end of the data to their receipt; -1 for history, and where one of the two is not known."""
    if origin == HISTORICAL or not received_ms or not last_us:
        return -1
    return min(max(received_ms - last_us // 1000, 0), DELAY_MAX_MS)


def key_of(hour_ms: int, pair: int) -> bytes:
    """Of the number of a provider and resource."""
    day = keys.day_of(hour_ms)
    return keys.of_day(keys.HOUR, day) + pair.to_bytes(2, "big") + bytes((hour_ms % DAY_MS // HOUR_MS,))


class HourTally:
    """Sums of an hour."""

    __slots__ = ("delay_ms", "delayed", "deliveries", "new_samples", "sketch")

    def __init__(self, data: bytes | None = None) -> None:
        """Of what `data` gave; None for nothing yet."""
        found = _decode(data) if data else (0, 0, 0, 0, b"")
        self.deliveries, self.new_samples, self.delay_ms, self.delayed, users = found
        self.sketch = Sketch(users)

    def add(self, more: HourSum) -> None:
        """Some deliveries."""
        self.deliveries += more.deliveries
        self.new_samples += more.new_samples
        self.delay_ms += more.delay_ms
        self.delayed += more.delayed
        self.sketch.add(more.registers)

    def data(self) -> bytes:
        """The same for the same deliveries."""
        return _encode((self.deliveries, self.new_samples, self.delay_ms, self.delayed, self.sketch.data()))


def hour_of(key: bytes, tally: HourTally, pair: tuple[str, str]) -> ProviderHour:
    """As it is answered. `pair`: provider and resource."""
    return ProviderHour(
        hour_ms=keys.day_in(key) * DAY_MS + key[-1] * HOUR_MS,
        provider=pair[0],
        resource=pair[1],
        deliveries=tally.deliveries,
        users=tally.sketch.users(),
        new_samples=tally.new_samples,
        delay_s=tally.delay_ms / tally.delayed / 1000 if tally.delayed else -1.0,
    )
