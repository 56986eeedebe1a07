"""Asks coordinators and leaders, again while the answer says so. Over aiokafka's client, in one event loop."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.errors import BrokerResponseError, IncompatibleBrokerVersion
from aiokafka.errors import KafkaError as ClientError
from aiokafka.protocol.produce import ProduceRequest
from confluent_kafka import KafkaError

from streams.engine.positions.slices import Source
from streams.engine.wire.answers import AGAIN, CUT, LED_ELSEWHERE, MOVED, NONE, Refused, worst
from streams.engine.wire.batches import Batch
from streams.engine.wire.requests import by_topic
from streams.kafka.login.aiokafka import for_aiokafka
from streams.ops.settings import Settings

REQUEST_TIMEOUT_S = 5.0
PRODUCE_BYTES_MAX = 8 * 1024 * 1024  # of a request, unless one batch is larger; brokers take 100 MiB
ATTEMPT_S = 3 * REQUEST_TIMEOUT_S  # with a lookup of the coordinator, and a connection
SOON_S, LATER_S = 0.002, 0.1  # until a question is asked again; doubled each time, up to the second
ALL_REPLICAS = -1

Judge = Callable[[Any], tuple[int, str]]  # an answer → the code of what is wrong with it, 0 for nothing, and a topic


class Client:
    """`was_cut`: whether a request that nobody waits for any more may be under way. A new epoch resets it."""

    def __init__(self, settings: Settings, client_id: str, names: Mapping[CoordinationType, str]) -> None:
        self._names = names
        self._nodes: dict[CoordinationType, int] = {}
        self._topics: set[str] = set()
        self.was_cut = False
        self._kafka = AIOKafkaClient(
            loop=asyncio.get_running_loop(),
            client_id=client_id,
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
            retry_backoff_ms=int(LATER_S * 1000),
            **for_aiokafka(settings),
        )

    async def open(self, until_s: float) -> None:
        """Connect. Raises Refused when nobody answers until then (monotonic)."""
        await self._retry(self._kafka.bootstrap, _fine, until_s)

    async def find(self, kind: CoordinationType, until_s: float) -> None:
        """Look for the coordinator of that kind. Raises Refused."""
        name = self._names[kind]
        found = await self._retry(lambda: self._kafka.coordinator_lookup(kind, name), _fine, until_s, name)
        self._nodes[kind] = found

    async def close(self) -> None:
        await self._kafka.close()

    async def ask(self, kind: CoordinationType, request: Any, judge: Judge, until_s: float) -> Any:
        """The answer of the coordinator of that kind. Raises Refused."""

        async def once() -> Any:
            node = self._nodes.get(kind)
            if node is None:
                node = self._nodes[kind] = await self._kafka.coordinator_lookup(kind, self._names[kind])
            return await self._kafka.send(node, request, group=ConnectionGroup.COORDINATION)

        return await self._retry(once, judge, until_s, self._names[kind], moved=lambda: self._nodes.pop(kind, None))

    async def ask_anyone(self, request: Any, judge: Judge, until_s: float) -> Any:
        """The answer of some broker. Raises Refused."""

        async def once() -> Any:
            return await self._kafka.send(self._kafka.get_random_node(), request)

        return await self._retry(once, judge, until_s)

    async def produce(
        self, transactional_id: str, batches: Mapping[Source, deque[Batch]], until_s: float
    ) -> dict[Source, int]:
        """Send all of it; returns the offset of each partition's last record. Raises Refused.

        A partition's batches go one after the other, all partitions of a broker in one request.
        """
        await self._know({topic for topic, _ in batches}, until_s)
        left = {source: waiting for source, waiting in batches.items() if waiting}
        last: dict[Source, int] = {}

        async def once() -> Any:
            rounds = [self._send(transactional_id, node, taken) for node, taken in self._by_leader(left).items()]
            return [one for answers in await asyncio.gather(*rounds) for one in answers]

        def judge(answers: list[tuple[Source, int, int]]) -> tuple[int, str]:
            for source, code, offset in answers:
                if code == NONE:
                    last[source] = offset + left[source].popleft().records - 1
                    if not left[source]:
                        del left[source]
            return worst([(code, topic) for (topic, _), code, _ in answers])

        while left:
            await self._retry(once, judge, until_s, moved=self._kafka.force_metadata_update)
        return last

    async def _send(
        self, transactional_id: str, node: int | None, taken: Mapping[Source, Batch]
    ) -> list[tuple[Source, int, int]]:
        """(partition, error code, offset) of each batch. An error of the connection is that of each."""
        if node is None or node < 0:
            return [(source, KafkaError.LEADER_NOT_AVAILABLE, -1) for source in taken]
        topics = [
            (topic, [(partition, taken[topic, partition].data) for partition in partitions])
            for topic, partitions in by_topic(taken).items()
        ]
        request = ProduceRequest(transactional_id, ALL_REPLICAS, int(REQUEST_TIMEOUT_S * 1000), topics)
        try:
            answer = await self._kafka.send(node, request)
        except (ClientError, OSError, TimeoutError):
            self.was_cut = True
            return [(source, KafkaError._TRANSPORT, -1) for source in taken]
        return [
            ((topic, partition), code, offset)
            for topic, partitions in answer.topics
            for partition, code, offset, *_ in partitions
        ]

    def _by_leader(self, left: Mapping[Source, deque[Batch]]) -> dict[int | None, dict[Source, Batch]]:
        """The next batch of each partition, as many as a request takes."""
        found: dict[int | None, dict[Source, Batch]] = {}
        sizes: dict[int | None, int] = {}
        leader = self._kafka.cluster.leader_for_partition
        for source, waiting in left.items():
            node = leader(TopicPartition(*source))
            size = sizes.get(node, 0) + len(waiting[0].data)
            if not sizes.get(node) or size <= PRODUCE_BYTES_MAX:
                sizes[node] = size
                found.setdefault(node, {})[source] = waiting[0]
        return found

    async def _know(self, topics: set[str], until_s: float) -> None:
        """Ask for the leaders of topics that are new here."""
        if topics <= self._topics:
            return
        self._topics |= topics

        async def known() -> Any:
            return await self._kafka.set_topics(self._topics)

        await self._retry(known, _fine, until_s)

    async def _retry(
        self,
        once: Callable[[], Any],
        judge: Judge,
        until_s: float,
        name: str = "",
        moved: Callable[[], Any] = lambda: None,
    ) -> Any:
        """`name`: of the group or the transactional id, which an error is about where no topic is."""
        pause_s = SOON_S
        while True:
            answer, (code, topic) = None, (NONE, "")
            try:
                async with asyncio.timeout(ATTEMPT_S):
                    answer = await once()
                code, topic = judge(answer)
            except (ClientError, OSError, TimeoutError) as error:
                code = _code_of(error)
            if code == NONE:
                return answer
            self.was_cut = self.was_cut or code in CUT
            if code not in AGAIN or time.monotonic() >= until_s:
                raise Refused(code, topic or name)
            if code in MOVED or code in LED_ELSEWHERE:
                moved()
            if code != KafkaError.CONCURRENT_TRANSACTIONS:  # that one passes as soon as the markers are written
                pause_s = max(pause_s, LATER_S / 4)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LATER_S)


def _fine(_: Any) -> tuple[int, str]:
    return NONE, ""


def _code_of(error: Exception) -> int:
    """Kafka's code of an error of aiokafka; of the connection's own ones librdkafka's."""
    if isinstance(error, IncompatibleBrokerVersion):
        return int(KafkaError.UNSUPPORTED_VERSION)
    if isinstance(error, BrokerResponseError) and error.errno > 0:
        return int(error.errno)
    return int(KafkaError._TRANSPORT)
