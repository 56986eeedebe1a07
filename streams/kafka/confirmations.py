"""Records between `produce` and their delivery reports, and what the reports say about Kafka."""

import asyncio
import time
from collections.abc import Callable

from confluent_kafka import KafkaError, Message

from streams.events import Headers
from streams.kafka.refused import RIGHTS, forbidden
from streams.ops.errors import Forbidden, Unavailable

DOUBT_S = 2.0  # without a confirmation while records are under way
TRIALS_MAX = 8  # records under way while Kafka confirms none

# The brokers, and not the record, are why it was not confirmed.
_NOT_NOW = frozenset(
    {
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.REQUEST_TIMED_OUT,
    }
)


class Confirmations:
    """Counts what is under way. `bytes`: keys, values and headers; `confirmed`: records so far. `clock`: seconds,
    monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.records = 0
        self.bytes = 0
        self.confirmed = 0
        self.failure = ""  # of the last report
        self.forbidden: Forbidden | None = None  # a topic that this login may not write
        self._seen = 0  # of `confirmed`, at `_seen_s`
        self._seen_s = clock()

    @property
    def refusal(self) -> str:
        """Why no further record may go under way, "" if it may: Kafka does not confirm, and enough of them find out
        when it does again."""
        return self.failure if self.failure and self.records >= TRIALS_MAX else ""

    def begin(self, key: bytes, value: bytes, headers: Headers, future: "asyncio.Future[None]") -> "UnderWay":
        """Count a record that is about to be produced; `future` gets the outcome."""
        n_bytes = len(key) + len(value) + sum([len(name) + len(content) for name, content in headers])
        self.records += 1
        self.bytes += n_bytes
        return UnderWay(self, future, n_bytes)

    def is_doubtful(self) -> bool:
        """Whether Kafka should be asked if it is there: no confirmation for DOUBT_S. True once, then again as late."""
        now_s = self._clock()
        if not self.records or self._seen != self.confirmed:
            self._seen, self._seen_s = self.confirmed, now_s
        elif now_s - self._seen_s >= DOUBT_S:
            self._seen_s = now_s
            return True
        return False


class UnderWay:
    """One record until its delivery report, which librdkafka brings by calling it."""

    __slots__ = ("_all", "_future", "_n_bytes")  # made for each record, so it has to be small

    def __init__(self, all_: Confirmations, future: "asyncio.Future[None]", n_bytes: int) -> None:
        self._all, self._future, self._n_bytes = all_, future, n_bytes

    def __call__(self, error: KafkaError | None, message: Message) -> None:
        """The delivery report."""
        all_, future = self._all, self._future
        all_.records -= 1
        all_.bytes -= self._n_bytes
        if error is None:
            all_.confirmed += 1
            all_.failure = ""
            if not future.done():  # else its publish was cancelled: the reply deadline passed
                future.set_result(None)
            return
        if error.code() in RIGHTS:
            all_.forbidden = forbidden(f"writing {message.topic()}", error.code())
        if error.code() in _NOT_NOW:
            all_.failure = str(unavailable(error))
        if not future.done():
            future.set_exception(unavailable(error))

    def refused(self, error: Exception) -> None:
        """`produce` did not take it: there will be no report, and its publish raises `error`."""
        self._all.records -= 1
        self._all.bytes -= self._n_bytes
        if not self._future.done():
            self._future.set_exception(error)


def unavailable(error: KafkaError) -> Unavailable:
    """What a publish raises for a report, or for what `produce` says."""
    return Unavailable(f"Kafka did not confirm the record ({error.name()})")
