"""`python -m tests.lineage.index.victim FOLDER`: writes an index until somebody kills it."""

import random
import sys
from itertools import count
from pathlib import Path

from streams.lineage.index.rows import keys
from streams.lineage.index.store import IndexStore
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.row import EntityLine, LineageRow, Tally
from tests.lineage.index.made import NOW_MS, USERS

POSITION = keys.NOTE + b"test"


def row_of(n: int) -> LineageRow:
    """The n-th row of a world without end."""
    return LineageRow(
        delivery_id=f"msg_{n}",
        raw_topic="raw.timeseries",
        partition=n % 3,
        offset=n,
        processed_ms=NOW_MS + n,
        received_ms=NOW_MS + n,
        owner_id=USERS[n % 3],
        resource="heartrate",
        provider=f"provider {n % 40 + n // 3000}",  # words that come up later
        entities=(EntityLine(f"e{n}", "CHANGED", (f"f{n % 90}",), 1),) if n % 4 == 0 else (),
        counted=(Tally("NEW", 1),),
    )


def position(store: IndexStore) -> int:
    """How many rows are committed."""
    return int(store.database.get(POSITION) or 0)


def main(folder: Path) -> None:
    """Goes on where it was."""
    index, dice = TemporaryIndex(folder), random.Random()
    store = index.store
    for at in count(position(store)):
        index.writer.add([row_of(at)])
        if dice.random() < 0.01:
            index.writer.commit({POSITION: b"%d" % (at + 1)})
        if dice.random() < 0.0005 and position(store):
            store.database.flush()
            print("flushed", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
