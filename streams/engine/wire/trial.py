"""A transaction without records, begun and aborted under an id of its own: may this login have transactions?"""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiokafka.client import CoordinationType
from aiokafka.protocol.transaction import AddOffsetsToTxnRequest
from confluent_kafka import KafkaError

from streams.engine.wire import trial_requests
from streams.engine.wire.answers import NONE, Refused
from streams.engine.wire.client import Client
from streams.engine.wire.requests import init_producer_id
from streams.kafka.clients import client_id
from streams.ops.settings import Settings

TIMEOUT_MS = 10_000  # what a worker asks for
_SOON_S = 3.0  # for what is nice to know


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. `refused`: Kafka's name for it, "" where all went well; `step`: what was refused.

    `clock_ms`: Kafka's when the transaction began, `ours_ms`: ours before and after; None where Kafka does not tell.
    `versions`: key of each request → the newest version the broker speaks. `features`: levels of the cluster.
    """

    refused: str = ""
    code: int = NONE
    step: str = ""
    clock_ms: int | None = None
    ours_ms: tuple[float, float] = (0.0, 0.0)
    versions: Mapping[int, int] = field(default_factory=dict)
    features: Mapping[str, int] = field(default_factory=dict)

    @property
    def metadata_level(self) -> int | None:
        """Of `metadata.version`; None where the cluster has none."""
        return self.features.get(trial_requests.METADATA_VERSION)

    @property
    def is_silence(self) -> bool:
        """Whether nobody answered, or nobody who could."""
        return self.code in _SILENCE


_SILENCE = {KafkaError._TRANSPORT, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS}


def transactional_id(settings: Settings) -> str:
    """No worker has it: Settings refuses the worker id `doctor`."""
    return f"{settings.group_id}-doctor"


def try_transaction(settings: Settings, patience_s: float) -> Trial:
    """Begin and abort one. Blocking, for a little longer than `patience_s` at most. Raises Misconfigured."""
    return asyncio.run(_tried(settings, time.monotonic() + patience_s))


async def _tried(settings: Settings, until_s: float) -> Trial:
    name = transactional_id(settings)
    names = {CoordinationType.TRANSACTION: name, CoordinationType.GROUP: settings.group_id}
    client = Client(settings, client_id(settings, "doctor"), names)
    try:
        return await _Attempt(client, name, settings.group_id, until_s).run()
    finally:
        await client.close()


class _Attempt:
    def __init__(self, client: Client, name: str, group_id: str, until_s: float) -> None:
        self._client, self._name, self._group_id, self._until_s = client, name, group_id, until_s
        self._producer = (-1, -1)
        self._known: dict[str, Any] = {}
        self._step = ""

    async def run(self) -> Trial:
        try:
            await self._run()
        except Refused as error:
            return Trial(str(error), error.code, self._step, **self._known)
        return Trial(**self._known)

    async def _run(self) -> None:
        self._step = "a connection of the transactional producer"
        await self._client.open(self._until_s)
        await self._ask_versions()
        self._step = f"the transactional id {self._name}"
        await self._renew()
        self._step = f"offsets of the group {self._group_id} in a transaction"
        try:
            await self._begin()
            await self._ask_clock()
        finally:
            await self._renew()

    async def _renew(self) -> None:
        """As the worker's producer starts, and aborts what is open (KIP-360)."""
        request = init_producer_id(self._name, TIMEOUT_MS, *self._producer)
        answer = await self._ask(request, _code, self._until_s)
        self._producer = (answer.producer_id, answer.producer_epoch)

    async def _begin(self) -> None:
        before_ms = time.time() * 1000
        await self._ask(AddOffsetsToTxnRequest(self._name, *self._producer, self._group_id), _code, self._until_s)
        self._known["ours_ms"] = (before_ms, time.time() * 1000)

    async def _ask_clock(self) -> None:
        with suppress(Refused):  # older than Kafka 3.0, or a service that has it not
            question = trial_requests.describe_transaction(self._name)
            answer = await self._ask(question, lambda _: (NONE, ""), time.monotonic() + _SOON_S)
            self._known["clock_ms"] = trial_requests.started_ms(answer)

    async def _ask_versions(self) -> None:
        with suppress(Refused):  # it says so by itself, with the first request that it does not know
            question = trial_requests.api_versions()
            answer = await self._client.ask_anyone(question, _code, time.monotonic() + _SOON_S)
            self._known["versions"] = trial_requests.newest(answer)
            self._known["features"] = trial_requests.features(answer)

    async def _ask(self, request: Any, judge: Callable[[Any], tuple[int, str]], until_s: float) -> Any:
        return await self._client.ask(CoordinationType.TRANSACTION, request, judge, until_s)


def _code(answer: Any) -> tuple[int, str]:
    return answer.error_code, ""
