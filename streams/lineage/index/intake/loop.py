"""The thread that keeps an index: it reads, writes, and waits where it has to. It never ends by itself, and what it
cannot do it says (`state`), while the index answers from what there is.
"""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from confluent_kafka import Message

from streams.events import topics
from streams.events.times import DAY_MS
from streams.kafka.topic_ids import topic_ids
from streams.lineage.index.database import IndexDamaged, IndexFull, IndexShut
from streams.lineage.index.forgotten import Forgotten
from streams.lineage.index.intake import positions as places
from streams.lineage.index.intake import progress
from streams.lineage.index.intake.care import IndexCare
from streams.lineage.index.intake.log import IndexLog, TopicsChanged
from streams.lineage.index.intake.patience import SchemaPatience
from streams.lineage.index.intake.positions import Position, Source
from streams.lineage.index.intake.records import SMALL, RecordIntake
from streams.lineage.index.rows import keys
from streams.lineage.index.store import IndexStore
from streams.lineage.index.writer import IndexWriter
from streams.lineage.known import Reach, margin_ms
from streams.ops import log
from streams.ops.errors import StreamsError, Unavailable, UnknownSchema, Unreadable
from streams.ops.settings import Settings

POLL_S = 0.2
LOOK_EVERY_S = 1.0  # at the ends
TOPICS_EVERY_S = 60.0  # at their ids and partitions
FLUSH_EVERY_S = 300.0  # what a kill takes is read again
AGAIN_S = 5.0
FREE_BYTES_MIN = 256 << 20  # below it an index that had no room does not try again
_AS_OF_KEY = keys.NOTE + b"as_of"

logger = log.get("lineage")


@dataclass(frozen=True, slots=True)
class IndexState:
    """How an index is. `trouble`: why it does not go on, "" while it does. `care_trouble`: what of its care could not
    be done, whether it goes on or not, "" for nothing. `share`: of Kafka's that is read, 0 to 1."""

    trouble: str
    care_trouble: str
    share: float
    bytes_on_disk: int
    records_unreadable: int


class IndexIntake:
    """`reach`, `state`: for any thread."""

    def __init__(self, settings: Settings, store: IndexStore, forgotten: Forgotten) -> None:
        self._settings = settings
        self._store = store
        self._writer = IndexWriter(store, forgotten)
        self.care = IndexCare(settings, store, self._writer, forgotten)
        self._names = [f"{settings.topic_prefix}.{name}" for name in (topics.LINEAGE, *SMALL)]
        self._lineage = self._names[0]
        self._connections = f"{settings.topic_prefix}.{topics.CONNECTIONS}"
        self._positions: dict[Source, Position] = {}
        self._bounds: dict[Source, places.Bounds] = {}
        self._look = progress.Look()
        self._trouble, self._unreadable = "", 0
        self._cure: Callable[[], None] | None = None  # what has to be done before it can go on
        self._patience = SchemaPatience()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lineage-index", daemon=True)
        self._load()

    def start(self) -> None:
        """From now on the thread reads and writes."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; waits for it."""
        self._stop.set()
        self._thread.join()

    def reach(self) -> Reach:
        """How far the index reaches now."""
        mine = [one for source, one in self._positions.items() if source[0] == self._lineage]
        now_ms = _now_ms()
        first = progress.first_ms(mine, self._store.cut * DAY_MS, now_ms)
        days, is_all = self._settings.lineage_days, progress.is_read(self._positions, self._bounds, self._connections)
        return progress.reach(self._look, first, now_ms, days, has_connections=is_all)

    def state(self) -> IndexState:
        """How it is now."""
        share = progress.share(dict(self._positions), self._bounds)
        try:
            size = self._store.database.bytes_on_disk()
        except Unavailable:  # its files are shut; it tells why
            size = 0
        return IndexState(self._trouble, self.care.trouble, share, size, self._unreadable)

    def _load(self) -> None:
        rows = self._store.database.prefixed(keys.POSITION)
        self._positions = dict(places.position_in(*row) for row in rows)
        as_of = self._store.database.get(_AS_OF_KEY)
        self._look = progress.Look(as_of_ms=int(as_of or 0))
        self.care.reset()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._be_cured()
                self._follow()
            except (IndexFull, IndexShut) as error:
                self._cure = self._stop_for_room
                self._wait(error)
            except IndexDamaged as error:
                logger.warning("lineage_damaged", why=str(error))
                if self._cure:  # that has not helped: not again at once
                    self._wait(error)
                self._cure = self._begin_anew
            except StreamsError as error:
                self._wait(error)
            except Exception as error:  # a thread that ends would leave an index that says nothing of it
                logger.exception("lineage_failed")
                self._wait(error)

    def _be_cured(self) -> None:
        """May fail like everything else, and is then tried again."""
        if self._cure:
            self._cure()
            self._cure = None

    def _wait(self, error: Exception) -> None:
        why = str(error) if isinstance(error, StreamsError) else type(error).__name__
        if why != self._trouble:
            logger.warning("lineage_waits", why=why)
        self._trouble = why
        self._stop.wait(AGAIN_S)

    def _stop_for_room(self) -> None:
        """RocksDB does not go on by itself; opened before there is room, it would not even answer."""
        while not self._stop.is_set():
            disk = shutil.disk_usage(self._store.database.folder)
            if disk.free > min(FREE_BYTES_MIN, disk.total // 4):
                self._store.database.reopen()
                self._writer.reset()
                self._load()
                return
            self._stop.wait(AGAIN_S)

    def _begin_anew(self) -> None:
        self._store.remake()
        self._writer.reset()
        self._load()

    def _follow(self) -> None:
        """Read on until told to stop. Raises whatever keeps it from that."""
        self._writer.reset()
        self._load()
        self._take_care()  # Kafka may be away for long
        source = IndexLog(self._settings, self._names)
        try:
            self._go_on(source)
        finally:
            source.close()

    def _go_on(self, source: IndexLog) -> None:
        bounds = source.bounds(source.sources)
        ids = topic_ids(self._settings, self._names)
        if places.is_of_another_topic(self._positions, ids, bounds):
            logger.warning("lineage_topic_anew")
            self._begin_anew()
        aged_ms = _now_ms() - self._settings.lineage_days * DAY_MS
        self._positions = places.to_read(self._positions, ids, bounds, aged_ms)
        self._bounds = bounds
        source.begin({one: position.next for one, position in self._positions.items()})
        records = RecordIntake(self._settings, self._writer)
        looked, compared, flushed = 0.0, time.monotonic(), time.monotonic()
        while not self._stop.is_set():
            self._read(source, records)
            now = time.monotonic()
            if now - looked > LOOK_EVERY_S:
                looked = now
                self._look_at_ends(source)
            if now - compared > TOPICS_EVERY_S:
                compared = now
                self._compare_topics(source, ids)
            self._take_care()
            if now - flushed > FLUSH_EVERY_S:
                flushed = now
                self._store.database.flush()

    def _read(self, source: IndexLog, records: RecordIntake) -> None:
        if self._store.database.is_damaged:
            raise IndexDamaged(self._store.database.folder)
        changed: dict[Source, Position] = {}
        waiting: dict[Source, UnknownSchema] = {}  # for a schema: of these partitions nothing more is taken
        ended: dict[Source, int] = {}
        for message in source.messages(POLL_S, ended):
            self._take(message, records, changed, waiting)
        for place in ended.keys() - waiting.keys():
            at = changed.get(place) or self._positions[place]
            if (met := at.at_end(max(ended[place], at.next), _now_ms())) != at:
                changed[place] = met
        if changed:
            self._writer.commit(places.rows_of(changed))
            self._positions = self._positions | changed
        for unknown in waiting.values():
            raise unknown
        self._trouble = ""

    def _take(
        self,
        message: Message,
        records: RecordIntake,
        changed: dict[Source, Position],
        waiting: dict[Source, UnknownSchema],
    ) -> None:
        place = (message.topic(), message.partition())
        if place in waiting:
            self._patience.see(message.value() or b"", time.monotonic())
            return
        at = changed.get(place) or self._positions[place]
        try:
            changed[place] = at.after(message.offset() + 1, records.take(message), _now_ms())
            self._patience.met_known(message.value() or b"")
        except (Unreadable, UnknownSchema) as why:
            if isinstance(why, UnknownSchema) and not self._patience.is_over(message.value() or b"", time.monotonic()):
                waiting[place] = why
                return
            self._pass_over(place, message.offset(), str(why))
            changed[place] = at.without(message.offset(), min(message.timestamp()[1], _now_ms()))

    def _pass_over(self, place: Source, offset: int, why: str) -> None:
        self._unreadable += 1
        if self._unreadable <= 20:
            logger.warning("unreadable", topic=place[0], partition=place[1], offset=offset, why=why)

    def _look_at_ends(self, source: IndexLog) -> None:
        mine = {one: position for one, position in self._positions.items() if one[0] == self._lineage}
        at_ms = _now_ms()
        bounds = source.bounds(mine)
        margin = margin_ms(self._settings.commit_interval_s)
        self._look = progress.look(mine, bounds, at_ms, margin, self._look)
        self._bounds = self._bounds | bounds
        self._writer.commit({_AS_OF_KEY: b"%d" % self._look.as_of_ms})

    def _compare_topics(self, source: IndexLog, ids: dict[str, str]) -> None:
        """Whether they are those that are read. Raises TopicsChanged, and what asking Kafka raises."""
        if set(source.existing()) != set(source.sources) or topic_ids(self._settings, self._names) != ids:
            raise TopicsChanged("a topic has other partitions than before, or was made anew: reading begins again")

    def _take_care(self) -> None:
        """What is done now and then, once it is time for it."""
        if self.care.is_due():
            self.care.take(max((one.last_ms for one in self._positions.values()), default=0), _now_ms())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
