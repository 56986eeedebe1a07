"""The door to Pub/Sub, on Google's own fake and a real Kafka: one subscription, drained once, and what came of it."""

import asyncio
import gzip
from typing import NamedTuple

import pytest

from streams.demo.cluster import Cluster
from streams.demo.pipelines.pubsub import FakePubSub
from streams.events import (
    H_DETAIL,
    H_ID,
    H_REASON,
    H_SOURCE,
    H_SUBJECT,
    header,
    topics,
)
from streams.ops.settings import Settings
from tests.connectors.pubsub.topics import TYPED, Sent, brought, waiting
from tests.doors import SLEEP, StoredMessage, body_of, check_as_webhook, stored

PACKED = {**TYPED, "blob-codec": "gzip"}
BODIES = [body_of(n, user=f"u{n % 5}") for n in range(40)]
PLAIN = [Sent(gzip.compress(body), PACKED) if n % 2 else Sent(body) for n, body in enumerate(BODIES)]
IN_ORDER = [Sent(body_of(100 + n, user=f"k{n % 3}"), key=f"k{n % 3}") for n in range(9)]
NAMED = [Sent(body_of(8), {"event_type": SLEEP, "idempotency-key": "01J", "blob-codec": "null"}), Sent(body_of(9), {})]
BAD = {
    "unknown_codec blob-codec": Sent(b"zstd bytes", {**TYPED, "blob-codec": "zstd"}),
    "unknown_codec blob-type": Sent(body_of(2), {**TYPED, "blob-type": "avro"}),
    "not_unpacked cut off": Sent(gzip.compress(body_of(1))[:-9], PACKED),
    "not_unpacked not gzip, or broken": Sent(body_of(3), PACKED),
    "not_unpacked gzip, and the envelope says that it is not": Sent(gzip.compress(body_of(4))),
    "too_large unpacked above 200 times its packed bytes": Sent(gzip.compress(bytes(20_000_000)), PACKED),
    "envelope_conflict $.event_type": Sent(body_of(5), {"event-type": "daily.data.body.created"}),
    "envelope_conflict $.user_id": Sent(body_of(6), key="somebody-else"),
    "envelope_conflict event_type": Sent(body_of(7), {**TYPED, "event_type": "daily.data.body.created"}),
    "not_json $": Sent(b"{"),
    "not_json $.empty": Sent(b"", {**TYPED, "other": "Pub/Sub takes no message without data and attributes"}),
}


class Drained(NamedTuple):
    """What the door made of all of the above."""

    settings: Settings
    found: list[StoredMessage]


@pytest.fixture(scope="module")
def drained(cluster: Cluster, pubsub: FakePubSub) -> Drained:
    """Once for this file: topics of a Kafka take seconds to make."""
    settings = Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        topic_prefix="tpubsub",
        partitions=4,
        pubsub_endpoint=pubsub.endpoint,
        pubsub_subscription="projects/clinic/subscriptions/drained",
        pubsub_topic="projects/clinic/topics/drained",
    )
    brought(settings, [*PLAIN, *IN_ORDER, *NAMED, *BAD.values()])
    return Drained(settings, stored(settings))


def test_nothing_is_left_and_nothing_is_there_twice(drained: Drained) -> None:
    """Each message is one record, and acknowledged."""
    assert len(drained.found) == len([*PLAIN, *IN_ORDER, *NAMED, *BAD])
    assert asyncio.run(waiting(drained.settings)) == []


def test_the_record_is_the_one_of_the_webhook(drained: Drained) -> None:
    """Bytes unpacked, topic, key, partition and headers as the gateway writes them, the delivery's own aside."""
    found = [one for one in drained.found if one.value in BODIES]
    check_as_webhook(found, BODIES, drained.settings, "pubsub")
    for one in found:
        assert header(one.headers, H_SOURCE).endswith(f"/pubsub/{drained.settings.pubsub_subscription}")


def test_a_users_events_stay_in_order(drained: Drained) -> None:
    """With the user as ordering key one message of a user is open at a time, and the next one comes behind it."""
    for user in ("k0", "k1", "k2"):
        ours = [one.value for one in drained.found if header(one.headers, H_SUBJECT) == user]
        assert ours == [one.body for one in IN_ORDER if one.key == user]


def test_what_nobody_can_read_is_a_dead_letter(drained: Drained) -> None:
    """The bytes as they came, with the reason."""
    letters = [one for one in drained.found if one.topic == topics.DEAD_LETTERS]
    said = {(f"{header(one.headers, H_REASON)} {header(one.headers, H_DETAIL)}", one.value) for one in letters}
    assert said == {(words.replace(".empty", ""), one.body) for words, one in BAD.items()}


def test_the_delivery_s_id(drained: Drained) -> None:
    """The sender's key under the event type, for it is unique only there; without one, of the content."""
    raw = {one.value: header(one.headers, H_ID) for one in drained.found if one.topic == "raw.summaries"}
    assert raw[NAMED[0].body] == f"{SLEEP}/01J"
    assert raw[NAMED[1].body].startswith("sha256:")
