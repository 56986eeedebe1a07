"""Writes the index: rows as they come, hours and positions at a commit.

Rows may be written any number of times, they are the same each time. Sums are not, so those of hours are kept here
until `commit` writes them together with the position up to which they are made.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

import rocksdict

from streams.lineage.index import beside
from streams.lineage.index.beside import Place
from streams.lineage.index.forgotten import Forgotten
from streams.lineage.index.rows import hours, keys
from streams.lineage.index.rows.hours import Hour, HourSum, HourTally
from streams.lineage.index.rows.interned import MANY
from streams.lineage.index.rows.packed import owner_digest, packed
from streams.lineage.index.rows.quick import QuickRecord
from streams.lineage.index.store import CUT_KEY, IndexStore, word_row
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, History, Link
from streams.lineage.row import LineageRow

# At once: RocksDB's binding keeps the interpreter for as long as a write takes, and answers would wait.
ROWS_AT_ONCE = 2_000
OF_LETTERS = (keys.LETTER, keys.LETTER_OWNER, keys.LETTER_PLACE, keys.LETTER_ID, keys.MARK)
OF_ALERTS = (keys.ALERT, keys.EVIDENCE, keys.EVIDENCE_PLACE, keys.ATTEMPT)


class IndexWriter:
    """Of one thread. What is added may be read at once, and is there after a kill only from its `commit` on.

    After an error of `commit` or an `add_...` the writer has to be `reset`: what was not committed is to be read again.
    """

    def __init__(self, store: IndexStore, forgotten: Forgotten) -> None:
        self._store = store
        self._forgotten = forgotten
        self._rows: dict[bytes, bytes | None] = {}
        self._sums: defaultdict[Hour, HourSum] = defaultdict(HourSum)

    def reset(self) -> None:
        """Forget what was added and not committed."""
        self._rows.clear()
        self._sums.clear()
        self._store.reload()

    def add(self, rows: Iterable[LineageRow]) -> None:
        """Rows of deliveries, with what they add to their hours."""
        for row in rows:
            if keys.day_of(row.processed_ms) < self._store.cut:
                continue
            if owner_digest(row.owner_id) not in self._forgotten:
                one = packed(row, self._store.interned)
                self._rows[one.row_key] = one.value
                self._rows[one.id_key] = b""
            hours.sum_up([hours.share_of(row)], self._sums)
            self._write_many()

    def add_columns(self, columns: Mapping[str, Any], partition: int) -> int:
        """The rows of a record of lineage, as `wire.split` gives it; returns their number.

        Raises ValueError for columns that do not fit each other; then nothing was added.
        """
        record = QuickRecord(columns, partition, self._store.interned)
        if keys.day_of(record.processed_ms) < self._store.cut:
            return 0
        found = record.rows()
        self._rows.update(zip(found.row_keys, found.values, strict=True))
        self._rows.update(zip(found.id_keys, repeat(b""), strict=False))
        for at in [n for n, owner in enumerate(found.owners) if owner in self._forgotten]:
            del self._rows[found.row_keys[at]], self._rows[found.id_keys[at]]
        hours.sum_up(found.shares, self._sums)
        self._write_many()
        return len(found.values)

    def _tallies(self) -> dict[bytes, bytes | None]:
        """Sums of hours as they are with what was added."""
        found: dict[bytes, bytes | None] = {}
        for hour, more in self._sums.items():
            pair = self._store.interned.short(hour[1:])
            if pair == MANY or keys.day_of(hour[0]) < self._store.cut:
                continue
            key = hours.key_of(hour[0], pair)
            tally = HourTally(self._store.database.get(key))
            tally.add(more)
            found[key] = tally.data()
        return found

    def add_letter(self, letter: DeadLetter) -> None:
        """A dead letter; when it was put back is a mark of its own."""
        if owner_digest(letter.owner_id) not in self._forgotten:
            self._put(beside.rows_of_letter(letter))

    def add_mark(self, partition: int, offset: int, dead_ms: int, redriven_ms: int) -> None:
        """That the dead letter at a place, which is of `dead_ms`, was put back. Unix ms."""
        self._put(beside.rows_of_mark(partition, offset, dead_ms, redriven_ms))

    def add_alert(self, alert: AlertSeen, places: tuple[Place, ...] = ()) -> None:
        """A step of an alert; attempts to bring it are added apart. `places`: raw records that it names as evidence."""
        if owner_digest(alert.user_id) not in self._forgotten:
            self._put(beside.rows_of_alert(alert, places))

    def add_attempt(self, alert_id: str, revision: int, attempt: AlertAttempt, user_id: str = "") -> None:
        """An attempt to bring a step of an alert to somebody."""
        if owner_digest(user_id) not in self._forgotten:
            self._put(beside.rows_of_attempt(alert_id, revision, attempt, user_id))

    def put_link(self, user_id: str, provider: str, link: Link | None) -> None:
        """The newest state of a link; None deletes it."""
        self._put_state(user_id, beside.link_key(user_id, provider), link)

    def put_history(self, user_id: str, provider: str, resource: str, history: History | None) -> None:
        """The newest state of a history; None deletes it."""
        self._put_state(user_id, beside.history_key(user_id, provider, resource), history)

    def _put_state(self, user_id: str, key: bytes, state: Link | History | None) -> None:
        if owner_digest(user_id) in self._forgotten:
            return
        self._rows[key] = None if state is None else beside.encoded(state)
        self._write_many()

    def add_client(self, client_user_id: str, user_id: str, at_ms: int) -> None:
        """Whose client user id it was at a time (Unix ms); the newest one counts."""
        if client_user_id and owner_digest(user_id) not in self._forgotten:
            self._put(beside.rows_of_client(beside.Owned(client_user_id, user_id, at_ms)))

    def _put(self, rows: Mapping[bytes, bytes]) -> None:
        self._rows.update(rows)
        self._write_many()

    def _write_many(self) -> None:
        if len(self._rows) >= ROWS_AT_ONCE:
            self._write({})

    def commit(self, positions: Mapping[bytes, bytes] | None = None) -> None:
        """Write what is left, and the sums with the positions up to which they are made, at once.

        Raises IndexFull, IndexDamaged.
        """
        self._write(self._tallies() | dict(positions or {}))
        self._sums.clear()

    def _write(self, more: Mapping[bytes, bytes | None]) -> None:
        new = self._store.interned.unsaved()
        rows = {**self._rows, **more, **dict(word_row(*one) for one in new)}
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key in sorted(rows):  # neighbours in memory: RocksDB takes them in half the time
            value = rows[key]
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        self._store.database.write(batch)
        self._store.interned.saved()
        self._rows = {}

    def delete(self, found: Iterable[bytes], notes: Mapping[bytes, bytes]) -> None:
        """Delete these keys, then write the notes."""
        for key in found:
            self._rows[key] = None
            self._write_many()
        self._write(notes)

    def drop(self, first_day: int) -> None:
        """Delete what was processed before a day (since 1970), and keep it out from now on."""
        self._drop(keys.OF_LINEAGE, first_day, {CUT_KEY: b"%d" % first_day})
        self._store.cut = first_day

    def drop_beside(self, *, letters: int, alerts: int) -> None:
        """Delete dead letters, and alerts, of before these days (since 1970)."""
        self._drop(OF_LETTERS, letters, {})
        self._drop(OF_ALERTS, alerts, {})

    def _drop(self, families: Iterable[bytes], before: int, notes: Mapping[bytes, bytes]) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        for family in families:
            batch.delete_range(keys.of_day(family, 0), keys.of_day(family, before))
        for key, value in notes.items():
            batch.put(key, value)
        self._store.database.write(batch)
