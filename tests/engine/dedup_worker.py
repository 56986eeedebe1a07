"""A worker of its own process for the engine's tests and benchmark: emits the first record of each key, and no other.

Settings come from the environment, as for the product. Topics: `<prefix>.raw.a` and, with TOPICS=2, `<prefix>.raw.b`
in, `<prefix>.out` out. Values that start with `poison` are rejected; `bug` raises what no fold should raise. What is
called `later...` is not emitted by the fold but by what the punctuation starts. After `quiet` a key is emitted as
silent unless `sign` comes within two seconds. REBUILD forgets the tables on disk;
ACCEPT takes the group's offsets, whatever the tables say; BREAK names a mutation of tests.chaos; KEEP_DUE
leaves what is called `later...` to others; DIE_AFTER_WRITES=N kills the process at the write after N.
"""

import asyncio
import os
import random
import signal
import sys
from functools import partial
from typing import Any

from streams.engine.faust import run as engine
from streams.engine.positions.slices import Slice
from streams.engine.store.table import StateTable
from streams.engine.work.unit import UnitOfWork
from streams.events.types import Record
from streams.ops import log
from streams.ops.errors import Reason, Rejected, StreamsError
from streams.ops.settings import Settings
from streams.tables.draft import Draft

TABLE = "seen"
DUE = b"due|"
QUIET = b"quiet|"
SILENCE_MS = 2_000


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
        if value.startswith((b"quiet", b"sign")):
            draft.put(TABLE, QUIET + key, b"%d" % record.timestamp if value.startswith(b"quiet") else None)
            return
        if draft.get(TABLE, key) is None:
            draft.put(TABLE, key, b"%d" % record.offset)
            if value.startswith(b"later"):
                draft.put(TABLE, DUE + key, value)
            else:
                draft.emit(out, key, value)

    return fold


class Later:
    """Emits due rows from tasks of its own, each as a call: the row goes with the record, so it happens once."""

    def __init__(self, out: str) -> None:
        self._out = out
        self._unit: UnitOfWork
        self._under_way: dict[bytes, asyncio.Task[None]] = {}

    def opened(self, worker: engine.App) -> None:
        self._unit = worker.unit

    def punctuate(self, draft: Draft) -> None:
        if "KEEP_DUE" in os.environ:
            return
        for key, since_ms in draft.scan(TABLE, QUIET, QUIET + b"\xff"):
            if draft.complete_ms >= int(since_ms) + SILENCE_MS:
                draft.put(TABLE, key, None)
                draft.emit(self._out, b"silence|" + key.removeprefix(QUIET), b"")
        for key, _ in draft.scan(TABLE, DUE, DUE + b"\xff"):
            if key not in self._under_way:
                self._under_way[key] = asyncio.ensure_future(self._fire(draft.partition, key))

    async def _fire(self, partition: int, key: bytes) -> None:
        await asyncio.sleep(0.05)  # as if something slow had to be asked first
        await self._unit.call(partition, partial(self._emit, key))
        del self._under_way[key]  # not committed: the next punctuation finds the row again, here or elsewhere

    def _emit(self, key: bytes, draft: Draft) -> None:
        if (value := draft.get(TABLE, key)) is not None:
            draft.put(TABLE, key, None)
            draft.emit(self._out, key.removeprefix(DUE), value)


def losing(share: float):
    """A slice vanishes now and then, as Faust lets it when flow resumes after a rebalance."""
    chance = random.Random(7)

    def lose(piece: Slice) -> bool:
        return chance.random() < share

    return lose if share else None


def die_after_writes(left: int) -> None:
    """SIGKILL from inside, before so manieth batch is written to a table."""
    write = StateTable.write

    def counted(self: StateTable, partition: int, changed: Any, offset: int, **how: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        write(self, partition, changed, offset, **how)

    StateTable.write = counted  # type: ignore[method-assign]  # because a kill in the middle cannot be timed from outside


def main() -> None:
    settings = Settings()
    if "BREAK" in os.environ:
        from tests.chaos.mutations import MUTATIONS

        MUTATIONS[os.environ["BREAK"]]()
    if "DIE_AFTER_WRITES" in os.environ:
        die_after_writes(int(os.environ["DIE_AFTER_WRITES"]))
    log.configure(settings.log_level, as_json=True)
    fold = dedup(f"{settings.topic_prefix}.out")
    names = ["raw.a", "raw.b"][: int(os.environ.get("TOPICS", "1"))]
    folds = {f"{settings.topic_prefix}.{name}": fold for name in names}
    later = Later(f"{settings.topic_prefix}.out")
    lose = losing(float(os.environ.get("LOSE", "0")))
    try:
        plan = engine.Plan(
            folds, [TABLE], later.punctuate, later.opened, "REBUILD" in os.environ, "ACCEPT" in os.environ, lose
        )
        engine.run(settings, plan)
    except StreamsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
