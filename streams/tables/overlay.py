"""Rows of a store as they are after writes that it does not have yet."""

from collections.abc import Callable, Iterator, Mapping

Read = Callable[[str, bytes], bytes | None]  # (table, key) → value
Rows = Iterator[tuple[bytes, bytes]]
Scan = Callable[[str, bytes, bytes], Rows]  # (table, start, stop) → rows of [start, stop), sorted by key


def no_rows(table: str, start: bytes, stop: bytes) -> Rows:
    """The scan of a store that holds nothing."""
    return iter(())


def overlay(rows: Rows, written: Mapping[bytes, bytes | None], start: bytes, stop: bytes) -> Rows:
    """Rows of a store, sorted, as they are after some writes of [start, stop); None deletes."""
    above = iter(sorted((key, value) for key, value in written.items() if start <= key < stop))
    next_above = next(above, None)
    for key, value in rows:
        while next_above is not None and next_above[0] < key:
            if next_above[1] is not None:
                yield next_above[0], next_above[1]
            next_above = next(above, None)
        if next_above is not None and next_above[0] == key:
            continue
        yield key, value
    while next_above is not None:
        if next_above[1] is not None:
            yield next_above[0], next_above[1]
        next_above = next(above, None)
