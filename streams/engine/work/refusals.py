"""Aborts that repeat at every attempt: the process ends with a sentence that says what a person has to change.

Brokers that are away and groups that rebalance are waited for without a limit. An error of the record itself is final.
Of all others nothing is known: the process ends after half a minute of them without a commit in between.
"""

from confluent_kafka import KafkaError

from streams.engine.work.aborts import AbortCause, Aborted
from streams.kafka.refused import RIGHTS, forbidden
from streams.ops.errors import Misconfigured

REFUSALS_MAX = 5
FORBIDDEN_S = 10.0  # a right that was given a moment ago may not have come to all brokers
REFUSED_S = 30.0  # a broker that restarts may answer with odd errors for a while
# Of the record itself: the same bytes are refused at every attempt.
LASTING = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE,
    KafkaError.INVALID_MSG_SIZE,
    KafkaError.INVALID_RECORD,
    KafkaError.INVALID_TIMESTAMP,
    KafkaError.UNSUPPORTED_FOR_MESSAGE_FORMAT,
}


class Refusals:
    """Aborts since the last commit for which neither the group nor a broker is the cause."""

    def __init__(self) -> None:
        self._n, self._first_s = 0, 0.0

    def committed(self) -> None:
        self._n = 0

    def aborted(self, error: Aborted, now_s: float) -> None:
        """Raises Misconfigured when another attempt would be of no use. `now_s`: monotonic."""
        if error.cause is not AbortCause.OTHER:
            return
        self._first_s = self._first_s if self._n else now_s
        self._n += 1
        if error.code in LASTING:
            raise Misconfigured(
                f"Kafka refuses a record{_of(error)}: {error}. It may take less than STREAMS_RECORD_BYTES_MAX says, or "
                "have a policy of its own: `junction-streams topics plan` shows what of a topic is not as it must be. "
                "Nothing of that transaction was committed; the record is read again at the next start."
            )
        is_right = error.code in RIGHTS
        if self._n >= REFUSALS_MAX and is_right and now_s >= self._first_s + FORBIDDEN_S:
            raise forbidden(f"{self._n} transactions in a row were refused{_of(error)}", error.code)
        if self._n >= REFUSALS_MAX and now_s >= self._first_s + REFUSED_S:
            raise Misconfigured(
                f"Kafka refused {self._n} transactions in a row{_of(error)}: {error}. Look at what topics there are "
                "(`junction-streams topics plan`). Nothing of them was committed; starting again is safe."
            )


def _of(error: Aborted) -> str:
    return f" for {error.topic}" if error.topic else ""
