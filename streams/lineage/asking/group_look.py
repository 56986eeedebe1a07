"""Consumer groups: which of them have read a clean record, and how far the others have to go.

A consumer for each group, as `lag` does: confluent-kafka's list_consumer_group_offsets takes the process down with it
when the group's coordinator is still loading.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import ListConsumerGroupsResult

from streams.events import topics
from streams.kafka.clients import client_id
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.ping import admin_client
from streams.kafka.refused import refused
from streams.lineage.asking.group_history import GroupHistory
from streams.lineage.asking.places import Place
from streams.lineage.delivery.facts import CleanSeen, ReaderLook, ReaderSeen
from streams.lineage.words import count
from streams.ops.errors import StreamsError, Unavailable
from streams.ops.settings import Settings

ANSWER_S = 2.0  # for all groups together
GROUPS_MAX = 200  # asked for one answer
OPEN_MAX = 64  # consumers that stay open: 0.2 MB and four threads each
NAMES_S = 10.0  # so long a list of groups is believed
IDLE_S = 60.0  # so long nobody asks again a group that reads nothing of ours
AT_ONCE = 8


class _Group(NamedTuple):
    """A consumer that only asks, and the lock under which it does."""

    consumer: Consumer
    lock: threading.Lock


class _Listed(NamedTuple):
    """Names of groups, sorted. `unlisted`: a sentence where there may be others, else ""."""

    names: tuple[str, ...] = ()
    unlisted: str = ""


class Groups:
    """Safe to be used by several threads. `close` it.

    `watch_s`: look so often where all groups are, so that it can be said by when one had read something; 0: never.
    """

    def __init__(self, settings: Settings, watch_s: float = 0.0) -> None:
        self._settings, self._watch_s = settings, watch_s
        self._history, self._closing = GroupHistory(), threading.Event()
        self._admin = admin_client(settings)
        self._open: OrderedDict[str, _Group] = OrderedDict()
        self._lock = threading.Lock()
        self._names: tuple[float, _Listed] = (float("-inf"), _Listed())
        self._clean = tuple(f"{settings.topic_prefix}.{name}" for name in topics.clean_topics())
        self._idle: dict[tuple[str, int], float] = {}  # group and partition of which it reads nothing → until when
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="groups")
        self._watcher = threading.Thread(target=self._watch, name="groups-watch", daemon=True)
        if watch_s:
            self._watcher.start()

    def look(self, seen: Iterable[CleanSeen]) -> ReaderLook:
        """Who has read these records, the newest of each topic and partition. Never raises for Kafka."""
        newest = self._newest(seen)
        if not newest:
            return ReaderLook()
        try:
            listed = self._listed()
        except StreamsError as error:
            return ReaderLook((), (f"who has read it is not known: {error}",))
        look = self._asked(listed.names, newest)
        return look if not listed.unlisted else replace(look, missing=(listed.unlisted, *look.missing))

    def see(self) -> None:
        """Look where all groups are now; what Kafka does not say is seen the next time."""
        at_ms, numbers = int(time.time() * 1000), range(self._settings.partitions)
        with suppress(StreamsError):
            for name in self._worth_asking(self._listed().names, numbers)[:GROUPS_MAX]:
                if self._closing.is_set():
                    return
                self._history.note(name, self._committed(name, numbers), at_ms)

    def _watch(self) -> None:
        while not self._closing.wait(self._watch_s):
            self.see()

    def close(self) -> None:
        self._closing.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for group in self._open.values():
            group.consumer.close()

    def _newest(self, seen: Iterable[CleanSeen]) -> dict[Place, int]:
        newest: dict[Place, int] = {}
        for one in seen:
            place = (f"{self._settings.topic_prefix}.{one.topic}", one.partition)
            newest[place] = max(one.offset, newest.get(place, -1))
        return newest

    def _listed(self) -> _Listed:
        """Names of all groups that this login may see. Raises Unavailable, Misconfigured."""
        read_s, listed = self._names
        if time.monotonic() - read_s < NAMES_S:
            return listed
        try:
            found = self._admin.list_consumer_groups(request_timeout=ANSWER_S).result()
        except KafkaException as error:
            raise refused("Kafka does not list its groups", error.args[0], is_question=True) from None
        listed = listed_of(found)
        self._names = (time.monotonic(), listed)
        return listed

    def _asked(self, names: Sequence[str], newest: Mapping[Place, int]) -> ReaderLook:
        numbers = sorted({partition for _, partition in newest})
        asked = self._worth_asking(names, numbers)
        futures = {self._pool.submit(self._committed, name, numbers): name for name in asked[:GROUPS_MAX]}
        done, late = wait(futures, ANSWER_S)
        found, missing = [], []
        for future in sorted(done, key=lambda one: futures[one]):
            try:
                found += self._readers(futures[future], future.result(), newest)
            except StreamsError as error:
                missing.append(f"how far {futures[future]} has read is not known: {error}")
        for future in late:
            future.cancel()
        if left := len(late) + len(asked[GROUPS_MAX:]):
            missing.append(f"{left:,} of {len(asked):,} consumer groups did not answer in time, or were not asked")
        return ReaderLook(tuple(found), tuple(missing))

    def _worth_asking(self, names: Sequence[str], numbers: Sequence[int]) -> list[str]:
        """Without those that read nothing in these partitions a moment ago."""
        now_s = time.monotonic()
        return [name for name in names if any(self._idle.get((name, one), 0.0) < now_s for one in numbers)]

    def _committed(self, name: str, numbers: Sequence[int]) -> dict[Place, int]:
        """What a group has committed in these partitions of any clean topic. Raises Unavailable, Misconfigured."""
        places = [TopicPartition(topic, number) for number in numbers for topic in self._clean]
        group = self._group(name)
        with group.lock:
            try:
                found = group.consumer.committed(places, timeout=ANSWER_S)
            except KafkaException as error:
                raise refused("Kafka", error.args[0], is_question=True) from None
            except RuntimeError:  # so many groups were asked meanwhile that it was closed
                raise Unavailable("too many groups were asked at once") from None
        return self._noted(name, numbers, found)

    def _noted(self, name: str, numbers: Sequence[int], found: Iterable[TopicPartition]) -> dict[Place, int]:
        committed = {(one.topic, one.partition): one.offset for one in found if one.offset >= 0 and not one.error}
        until_s = time.monotonic() + IDLE_S
        for number in numbers:
            if not any(partition == number for _, partition in committed):
                self._idle[(name, number)] = until_s
        return committed

    def _readers(self, name: str, committed: Mapping[Place, int], newest: Mapping[Place, int]) -> list[ReaderSeen]:
        prefix, note = f"{self._settings.topic_prefix}.", self._note(name)
        return [
            ReaderSeen(
                name,
                place[0].removeprefix(prefix),
                place[1],
                to_go=max(offset + 1 - committed[place], 0),
                passed_ms=self._history.passed_ms(name, *place, offset) if committed[place] > offset else 0,
                note=note,
            )
            for place, offset in sorted(newest.items())
            if place in committed
        ]

    def _note(self, name: str) -> str:
        """Of a sink of ours: where it stands says its target."""
        if name.startswith(f"{self._settings.group_id}-sink-"):
            return "as it told Kafka; its own position is in its database, in sink_positions"
        return ""

    def _group(self, name: str) -> _Group:
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
            made = self._open[name] = _Group(self._made(name), threading.Lock())
            gone = self._open.popitem(last=False)[1] if len(self._open) > OPEN_MAX else None
        if gone is not None:
            with gone.lock:
                gone.consumer.close()
        return made

    def _made(self, name: str) -> Consumer:
        conf = {
            "group.id": name,
            "client.id": client_id(self._settings, "lineage-groups"),
            "isolation.level": "read_committed",  # committed offsets are then the stable ones (KIP-447)
            "enable.auto.commit": False,
            "log_level": 0,
        }
        try:
            return Consumer(for_librdkafka(self._settings) | conf)
        except KafkaException as error:
            raise refused("a client of Kafka", error.args[0]) from None


def listed_of(found: ListConsumerGroupsResult) -> _Listed:
    """What Kafka listed. Each broker knows its own groups alone, and may not answer. Pure."""
    names = tuple(sorted(one.group_id for one in found.valid or ()))
    if not found.errors:
        return _Listed(names)
    n = count(len(found.errors), "broker")
    return _Listed(names, f"there may be other consumer groups: {n} did not list theirs")
