"""What is done for an index now and then: who is forgotten goes, old days go, and the oldest ones for want of room."""

import threading
import time

from streams.lineage.index import erasing
from streams.lineage.index.database import IndexAhead, IndexFull
from streams.lineage.index.forgotten import Forgotten
from streams.lineage.index.intake import retention
from streams.lineage.index.intake.retention import DaysHeld
from streams.lineage.index.rows import keys
from streams.lineage.index.store import IndexStore
from streams.lineage.index.writer import IndexWriter
from streams.ops import log
from streams.ops.settings import Settings

CARE_EVERY_S = 30.0
CARE_AGAIN_S = 300.0  # behind one that had no room: it may have written gigabytes
NO_ROOM = "no space is left to write its files anew, which may have what was deleted from them: that is tried again"
_CARED_KEY = keys.NOTE + b"cared"  # the latest day of a care

logger = log.get("lineage")


class IndexCare:
    """Of one thread, but for `erase_now`. `trouble`: why the last one was not done to its end, "" where it was."""

    def __init__(self, settings: Settings, store: IndexStore, writer: IndexWriter, forgotten: Forgotten) -> None:
        self._store, self._writer, self._forgotten = store, writer, forgotten
        self._days, self._gib_max = settings.lineage_days, settings.lineage_gib_max
        self._days_beside = (settings.raw_retention_days, settings.clean_days)
        self._dropped_beside = (0, 0)
        self._owed: tuple[tuple[bytes, ...], int] | None = None  # room of what was dropped: families, before which day
        self._due_s = 0.0  # monotonic
        self._steps = threading.Condition()
        self._begun, self._erased, self._is_wanted = 0, 0, False
        self.trouble = ""

    def reset(self) -> None:
        """The index may be another one than before."""
        self._dropped_beside = (0, 0)

    def is_due(self) -> bool:
        """Whether it is time for it, or somebody waits for it."""
        return self._is_wanted or time.monotonic() >= self._due_s

    def take(self, newest_ms: int, now_ms: int) -> None:
        """Do it. `newest_ms`: when the newest row was processed. Unix ms.

        Raises IndexFull, of which `trouble` tells until it has been done; IndexAhead, Misconfigured.
        """
        self._check_clock(newest_ms, now_ms)
        with self._steps:
            self._begun += 1
            number, self._is_wanted = self._begun, False
        self._due_s = 0.0  # still, if anything else keeps it from being done
        try:
            self._take(number, now_ms)
        except IndexFull:
            self.trouble, self._due_s = NO_ROOM, time.monotonic() + CARE_AGAIN_S
            raise
        self.trouble, self._due_s = "", time.monotonic() + CARE_EVERY_S

    def _check_clock(self, newest_ms: int, now_ms: int) -> None:
        """Days that a clock which was ahead has dropped are in Kafka still."""
        cared, today = int(self._store.database.get(_CARED_KEY) or 0), keys.day_of(now_ms)
        if retention.was_ahead(max(cared, self._store.cut), newest_ms, now_ms):
            raise IndexAhead(self._store.database.folder)
        if today > cared:
            self._writer.delete((), {_CARED_KEY: b"%d" % today})

    def _take(self, number: int, now_ms: int) -> None:
        self._forgotten.refresh()
        digests = self._forgotten.all()
        if erased := erasing.delete(self._store, self._writer, digests):
            logger.info("lineage_erased", rows=erased)
        self._drop_old(now_ms)
        self._make_room(now_ms)
        erasing.finish(self._store, self._writer, digests)
        with self._steps:
            self._erased = number
            self._steps.notify_all()
        self._store.database.check()

    def _drop_old(self, now_ms: int) -> None:
        cut = retention.oldest_kept(now_ms, self._days)
        if cut > self._store.cut:
            self._writer.drop(cut)
        letters, alerts = (retention.oldest_kept(now_ms, days) for days in self._days_beside)
        if self._dropped_beside != (letters, alerts):  # once a day: what is deleted stands in files, too
            self._dropped_beside = (letters, alerts)
            self._writer.drop_beside(letters=letters, alerts=alerts)

    def _make_room(self, now_ms: int) -> None:
        """The oldest day goes, of rows or of what lies beside them."""
        goes = retention.goes_next(self._held(), now_ms, self._gib_max)
        if goes is None:
            return
        if self._owed is None:  # else it is not known what there is yet
            families, day = goes
            logger.warning("lineage_no_room", day=day, bytes=self._store.database.bytes_on_disk())
            self._owed = families, day + 1
            if families == keys.OF_LINEAGE:
                self._writer.drop(day + 1)
            else:
                self._writer.drop_beside(letters=day + 1, alerts=day + 1)
        families, before = self._owed
        self._store.compact_before(before, families)
        self._owed = None

    def _held(self) -> DaysHeld:
        rows, beside = self._store.oldest_day(), self._store.oldest_beside()
        return DaysHeld(rows, beside, self._store.database.bytes_on_disk(), self._store.bytes_beside())

    def erase_now(self, patience_s: float) -> bool:
        """Have it done at once; whether one that began after this call has erased whoever is forgotten in that time.

        For any other thread than the one that does it.
        """
        with self._steps:
            wanted, self._is_wanted = self._begun + 1, True
            return self._steps.wait_for(lambda: self._erased >= wanted, patience_s)
