"""A worker of its own process for the engine's tests and benchmark: emits the first record of each key, and no other.

Settings come from the environment, as for the product. Topics: `<prefix>.raw.a` and, with TOPICS=2, `<prefix>.raw.b`
in, `<prefix>.out` out. Values that start with `poison` are rejected; `bug` raises what no fold should raise.
"""

import os
import random
import sys

from streams import log
from streams.draft import Draft
from streams.engine import app
from streams.engine.slices import Slice
from streams.errors import Reason, Rejected, StreamsError
from streams.events import Record
from streams.settings import Settings

TABLE = "seen"


def dedup(out: str):
    """A fold: first come, first emitted. The value says from where, so that a repetition is seen in the output."""

    def fold(record: Record, draft: Draft) -> None:
        key = record.key or b""
        value = record.value or b""
        if value.startswith(b"poison"):
            draft.put(TABLE, b"never", b"1")
            draft.emit(out, b"never", b"")
            raise Rejected(Reason.BAD_SHAPE, "$.made_up")
        if value.startswith(b"bug"):
            raise KeyError(value)
        if draft.get(TABLE, key) is None:
            draft.put(TABLE, key, b"%d" % record.offset)
            draft.emit(out, key, value)

    return fold


def losing(share: float):
    """A slice vanishes now and then, as Faust lets it when flow resumes after a rebalance."""
    chance = random.Random(7)

    def lose(piece: Slice) -> bool:
        return chance.random() < share

    return lose if share else None


def main() -> None:
    settings = Settings()
    log.configure(settings.log_level, as_json=True)
    fold = dedup(f"{settings.topic_prefix}.out")
    names = ["raw.a", "raw.b"][: int(os.environ.get("TOPICS", "1"))]
    folds = {f"{settings.topic_prefix}.{name}": fold for name in names}
    try:
        app.run(settings, folds, [TABLE], lose=losing(float(os.environ.get("LOSE", "0"))))
    except StreamsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
