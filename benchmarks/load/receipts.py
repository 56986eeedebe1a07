"""When the gateway had each event, read from the raw topics when a rate is over: reading costs what is measured."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition

from streams.events.headers import H_RECEIVED, H_SVIX_ID, H_TRACEPARENT
from streams.events.times import millis
from streams.kafka.lag import Offsets
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

Place = tuple[str, int]  # topic, partition
BATCH = 5_000
POLL_S, PATIENCE_S = 0.2, 20.0


class Receipts(NamedTuple):
    """Of each partition: its first offset, and when the gateway had the events from there on (Unix ms), one by one.

    `ids`: of all of them, repeated ones as often as they were stored. `traces_ms`: the same times by `traceparent`.
    """

    first: Mapping[Place, int]
    times_ms: Mapping[Place, list[int]]
    ids: list[str]
    traces_ms: Mapping[str, int]


def read(settings: Settings, begin: Offsets, end: Offsets) -> Receipts:
    """The events between two places of the raw topics. Raises Unavailable."""
    consumer = Consumer(
        for_librdkafka(settings)
        | {
            "group.id": "load-receipts",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 50,
            "fetch.message.max.bytes": settings.record_bytes_max,
        }
    )
    left = {place: end[place] - begin[place] for place in end if end[place] > begin[place]}
    consumer.assign([TopicPartition(*place, begin[place]) for place in left])
    times: dict[Place, list[int]] = {place: [] for place in left}
    ids: list[str] = []
    traces: dict[str, int] = {}
    deadline_s = time.monotonic() + PATIENCE_S
    try:
        while any(len(times[place]) < n for place, n in left.items()):
            batch = consumer.consume(BATCH, POLL_S)  # it waits for all of them, or so long
            if batch:
                deadline_s = time.monotonic() + PATIENCE_S
            elif time.monotonic() > deadline_s:
                raise Unavailable("the raw topics cannot be read")
            for message in batch:
                place = (message.topic(), message.partition())
                if len(times[place]) < left[place]:
                    headers = dict(message.headers() or ())
                    times[place].append(millis(headers[H_RECEIVED].decode()) or 0)
                    if H_TRACEPARENT in headers:
                        traces[headers[H_TRACEPARENT].decode()] = times[place][-1]
                    ids.append(headers[H_SVIX_ID].decode())
    finally:
        consumer.close()
    return Receipts(begin, times, ids, traces)
