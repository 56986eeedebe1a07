"""The index's answers: what `known.Index` promises, out of the store, while another thread writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec

from streams.events import ids
from streams.events.times import MINUTE_MS
from streams.lineage.index import beside
from streams.lineage.index.database import IndexDamaged
from streams.lineage.index.rows import hours, keys
from streams.lineage.index.rows.hours import HourTally
from streams.lineage.index.rows.interned import MANY
from streams.lineage.index.rows.packed import row_key, unpacked
from streams.lineage.index.store import IndexStore
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, History, Link, ProviderHour, Reach
from streams.lineage.row import LineageRow

ROWS_LOOKED_AT_MAX = 5_000  # of one user, for when their data came last
CLOCKS_MS = 5 * MINUTE_MS  # those of two workers may be so far apart


class DiskIndex:
    """`known.Index`. Any thread may ask. Raises Unavailable where the disk cannot be read."""

    def __init__(self, store: IndexStore, reach: Callable[[], Reach]) -> None:
        self._store = store
        self._reach = reach

    def reach(self) -> Reach:
        return self._reach()

    def deliveries(self, delivery_id: str) -> Sequence[LineageRow]:
        ways = self._days(keys.ID, beside.id_prefix(delivery_id))
        rows = (self._row(row_key(way)) for way in ways)
        return _in_order([row for row in rows if row is not None and row.delivery_id == delivery_id])

    def touching(self, owner_id: str, resource: str, since_ms: int, until_ms: int) -> Sequence[LineageRow]:
        first, last = keys.day_of(since_ms), keys.day_of(until_ms)
        rows = self._of_owner(owner_id, max(first, self._store.cut), last, resource)
        return _in_order([row for row in rows if since_ms <= row.processed_ms < until_ms])

    def letters(self, owner_id: str, resource: str = "") -> Sequence[DeadLetter]:
        owner = ids.canonical(owner_id)
        found = self._letters(keys.LETTER_OWNER, beside.owner_prefix(owner))
        return [one for one in found if ids.canonical(one.owner_id) == owner and resource in ("", one.resource)]

    def letter_of(self, raw_topic: str, partition: int, offset: int) -> DeadLetter | None:
        found = self._letters(keys.LETTER_PLACE, beside.place_prefix(raw_topic, partition, offset))
        at = (raw_topic, partition, offset)
        mine = [one for one in found if (one.raw_topic, one.raw_partition, one.raw_offset) == at]
        return mine[-1] if mine else None

    def letters_of_delivery(self, delivery_id: str) -> Sequence[DeadLetter]:
        found = self._letters(keys.LETTER_ID, beside.id_prefix(delivery_id))
        return [one for one in found if one.delivery_id == delivery_id]

    def alerts_of_delivery(self, delivery_id: str) -> Sequence[AlertSeen]:
        rows = self.deliveries(delivery_id)
        ways = set(self._days(keys.EVIDENCE, beside.id_prefix(delivery_id)))
        for row in rows:
            ways.update(self._days(keys.EVIDENCE_PLACE, beside.place_prefix(*row.place)))
        found = {key: self._alert(key) for key in map(beside.alert_key, ways)}
        named = [
            self._with_attempts(one.alert, delivery_id)
            for one in found.values()
            if one is not None
            and (delivery_id in one.alert.evidence or any(self._is_evidence(row, one) for row in rows))
        ]
        return sorted(named, key=lambda one: (one.at_ms, one.alert_id, one.revision))

    def _is_evidence(self, row: LineageRow, named: beside.StoredAlert) -> bool:
        """Whether an alert names this very record: the same place may have another, where a raw topic was made anew."""
        alert = named.alert
        if row.place not in named.places or ids.canonical(alert.user_id) != ids.canonical(row.owner_id):
            return False
        return row.processed_ms - CLOCKS_MS <= alert.at_ms and not self._is_replaced(row, alert.at_ms)

    def _is_replaced(self, row: LineageRow, until_ms: int) -> bool:
        """Whether another record of the owner had its place by then."""
        rows = self._of_owner(row.owner_id, keys.day_of(row.processed_ms), keys.day_of(until_ms + CLOCKS_MS))
        return any(
            one.place == row.place
            and one.delivery_id != row.delivery_id
            and row.processed_ms < one.processed_ms <= until_ms + CLOCKS_MS
            for one in rows
        )

    def links(self, user_id: str) -> Sequence[Link]:
        rows = self._store.database.prefixed(beside.state_prefix(keys.LINK, user_id))
        found = {one.provider: one for one in (beside.decoded(value, Link) for _, value in rows)}
        last = self._last_data(user_id, set(found)) if found else {}
        return [replace(one, last_data_ms=last.get(name, 0)) for name, one in sorted(found.items())]

    def histories(self, user_id: str) -> Sequence[History]:
        rows = self._store.database.prefixed(beside.state_prefix(keys.HISTORY, user_id))
        found = [beside.decoded(value, History) for _, value in rows]
        return sorted(found, key=lambda one: (one.provider, one.resource))

    def user_of(self, client_user_id: str) -> str:
        rows = self._store.database.prefixed(beside.client_prefix(client_user_id))
        return beside.owner_of_client(rows, client_user_id)

    def hours(self, provider: str, resource: str, since_ms: int, until_ms: int) -> Sequence[ProviderHour]:
        """`provider`, `resource`: "" for any."""
        first, last = keys.day_of(since_ms), keys.day_of(until_ms)
        pair = self._store.interned.known((provider, resource)) if provider and resource else None
        prefix = b"" if pair is None else pair.to_bytes(2, "big")
        rows = self._store.database.in_days(keys.HOUR, prefix, max(first, self._store.cut), last)
        found = [self._hour(key, value) for key, value in rows]
        wanted = [
            one
            for one in found
            if provider in ("", one.provider) and resource in ("", one.resource) and since_ms <= one.hour_ms < until_ms
        ]
        return sorted(wanted, key=lambda one: (one.hour_ms, one.provider, one.resource))

    def _hour(self, key: bytes, value: bytes) -> ProviderHour:
        pair = self._store.interned.thing(int.from_bytes(key[3:5], "big"))
        return hours.hour_of(key, HourTally(value), pair)

    def _days(self, family: bytes, prefix: bytes) -> Iterator[bytes]:
        for key, _ in self._store.database.in_days(family, prefix, 0, keys.DAYS_MAX - 1):
            yield key

    def _row(self, key: bytes) -> LineageRow | None:
        """None where its day has been dropped meanwhile."""
        value = self._store.database.get(key)
        return None if value is None else self._unpacked(key, value)

    def _unpacked(self, key: bytes, value: bytes) -> LineageRow:
        try:
            return unpacked(key, value, self._store.interned)
        except (IndexError, ValueError, TypeError, msgspec.MsgspecError):
            raise IndexDamaged(self._store.database.folder) from None  # or it is just being made again

    def _of_owner(self, owner_id: str, first: int, last: int, resource: str = "") -> Iterator[LineageRow]:
        """Rows of an owner, processed in these days; by day, not in order within it."""
        owner, interned = ids.canonical(owner_id), self._store.interned
        for key, value in self._store.database.in_days(keys.ROW, beside.owner_prefix(owner), first, last):
            lane = keys.spot_in(key).lane
            if resource and lane != MANY and interned.thing(lane)[1] != resource:
                continue
            row = self._unpacked(key, value)
            if ids.canonical(row.owner_id) == owner and resource in ("", row.resource):
                yield row

    def _last_data(self, user_id: str, providers: set[str]) -> dict[str, int]:
        """When data of each provider came last, Unix ms."""
        found: dict[str, int] = {}
        looked_at = 0
        oldest, newest = self._store.oldest_day(), keys.day_of(self.reach().as_of_ms)
        for day in range(newest, newest if oldest is None else oldest - 1, -1):
            for row in self._of_owner(user_id, day, day):
                looked_at += 1
                if row.provider in providers and (row.entities or row.counted):
                    found[row.provider] = max(found.get(row.provider, 0), row.received_ms or row.processed_ms)
            if len(found) == len(providers) or looked_at > ROWS_LOOKED_AT_MAX:
                break
        return found

    def _letters(self, family: bytes, prefix: bytes) -> list[DeadLetter]:
        found = (self._letter(beside.letter_key(way)) for way in self._days(family, prefix))
        return sorted(
            (one for one in found if one is not None), key=lambda one: (one.dead_ms, one.partition, one.offset)
        )

    def _letter(self, key: bytes) -> DeadLetter | None:
        value = self._store.database.get(key)
        if value is None:
            return None
        mark = self._store.database.get(beside.mark_key(key))
        letter = beside.decoded(value, DeadLetter)
        return letter if mark is None else replace(letter, redriven_ms=beside.decoded(mark, int))

    def _alert(self, key: bytes) -> beside.StoredAlert | None:
        value = self._store.database.get(key)
        return None if value is None else beside.decoded(value, beside.StoredAlert)

    def _with_attempts(self, alert: AlertSeen, delivery_id: str) -> AlertSeen:
        """An alert names raw records; of their ids only the one that was asked for is known."""
        first = max(keys.day_of(alert.at_ms) - 1, 0)  # clocks differ
        rows = self._store.database.in_days(keys.ATTEMPT, beside.step_prefix(alert), first, keys.DAYS_MAX - 1)
        tried = sorted((beside.decoded(value, AlertAttempt) for _, value in rows), key=lambda one: one.at_ms)
        return replace(alert, attempts=tuple(tried), evidence=alert.evidence or (delivery_id,))


def _in_order(rows: list[LineageRow]) -> list[LineageRow]:
    return sorted(rows, key=lambda row: (row.processed_ms, row.place))
