"""All of a person goes from the index: rows of all days, dead letters, alerts, links, histories, client user ids.

Sums of hours stay: they name nobody. Which digests have been erased is noted in the index itself, so that one that is
made anew, and so begins to read again, looks once more.
"""

from collections.abc import Collection, Iterator

from streams.lineage.index import beside
from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.packed import owner_digest, packed, unpacked
from streams.lineage.index.store import IndexStore
from streams.lineage.index.writer import IndexWriter
from streams.lineage.known import DeadLetter

DONE_KEY = keys.NOTE + b"forgotten"
_BEGUN_KEY = keys.NOTE + b"forgetting"  # keys were deleted, which may stand in files still
_STATES = (keys.LINK, keys.HISTORY, keys.CLIENT)


def delete(store: IndexStore, writer: IndexWriter, digests: Collection[bytes]) -> int:
    """Delete what is known of these users (`owner_digest`), as far as it was not done before; returns how many keys.

    Nobody finds it then; files still have it until `finish`. Raises IndexFull, IndexDamaged.
    """
    found = [key for digest in _new(store, digests) for key in _keys(store, digest)]
    if found:
        writer.delete((), {_BEGUN_KEY: b"1"})
        writer.delete(found, {})
    return len(found)


def finish(store: IndexStore, writer: IndexWriter, digests: Collection[bytes]) -> None:
    """Write files anew that still have what `delete` deleted of these users: about ten seconds a gigabyte.

    Raises IndexFull, IndexDamaged; then it is not done, and the next call does it.
    """
    new = _new(store, digests)
    if not new:
        return
    if store.database.get(_BEGUN_KEY):
        for family in (*keys.OF_LINEAGE, *keys.BESIDE, *_STATES):
            store.database.compact(family, keys.end_of(family))
    done = store.database.get(DONE_KEY) or b""
    writer.delete([_BEGUN_KEY], {DONE_KEY: done + b"".join(new)})  # only now: a kill before is made good by the next


def _new(store: IndexStore, digests: Collection[bytes]) -> list[bytes]:
    done = store.database.get(DONE_KEY) or b""
    known = {done[at : at + compact.DIGEST_BYTES] for at in range(0, len(done), compact.DIGEST_BYTES)}
    return [one for one in digests if one not in known]


def _keys(store: IndexStore, digest: bytes) -> Iterator[bytes]:
    prefix, database = digest[: keys.OWNER_BYTES], store.database
    for key, value in database.in_days(keys.ROW, prefix, 0, keys.DAYS_MAX - 1):
        row = unpacked(key, value, store.interned)
        if owner_digest(row.owner_id) == digest:
            yield from packed(row, store.interned)[:2]
    for way, _ in database.in_days(keys.LETTER_OWNER, prefix, 0, keys.DAYS_MAX - 1):
        yield from _of_letter(store, way, digest)
    yield from _of_alerts(store, digest)
    for family in (keys.LINK, keys.HISTORY):
        yield from (key for key, _ in database.prefixed(family + digest))
    yield from (key for key, _ in database.prefixed(keys.CLIENT) if key.endswith(digest))


def _of_letter(store: IndexStore, way: bytes, digest: bytes) -> Iterator[bytes]:
    key = beside.letter_key(way)
    value = store.database.get(key)
    if value is None:
        return
    letter = beside.decoded(value, DeadLetter)
    if owner_digest(letter.owner_id) == digest:
        yield from beside.rows_of_letter(letter)
        yield beside.mark_key(key)


def _of_alerts(store: IndexStore, digest: bytes) -> Iterator[bytes]:
    for _, value in store.database.prefixed(keys.ALERT):
        stored = beside.decoded(value, beside.StoredAlert)
        if owner_digest(stored.alert.user_id) == digest:
            yield from beside.rows_of_alert(stored.alert, stored.places)
    for key, _ in store.database.prefixed(keys.ATTEMPT):
        if beside.owner_of_attempt(key) == digest[: keys.OWNER_BYTES]:
            yield key
