"""A record as no client of ours can write it, on a real Kafka: the name of a header is any bytes there."""

import socket
import struct

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from streams.events import topics
from streams.events.headers import header
from tests.engine.rig import Rig

ODD, PLACEHOLDER = b"\xff\xfea\xff", "ODD."


def batch(key: bytes, value: bytes) -> bytes:
    """One record with two headers, of which the first has no text for a name."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=1 << 20,
    )  # fmt: skip
    builder.append(0, 1_780_000_000_000, key, value, [(PLACEHOLDER, b"x"), ("ce_id", b"y")])
    made = builder.build().replace(PLACEHOLDER.encode(), ODD)
    made[17:21] = calc_crc32c(bytes(made[21:])).to_bytes(4, "big")
    return bytes(made)


def put(servers: str, topic: str, records: bytes) -> None:
    """Kafka's Produce request, version 3, to partition 0."""
    name = topic.encode()
    request = struct.pack(">hhih", 0, 3, 1, -1) + struct.pack(">hhi", -1, -1, 10_000)
    request += struct.pack(">ih", 1, len(name)) + name + struct.pack(">iii", 1, 0, len(records)) + records
    host, port = servers.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as kafka:
        kafka.sendall(struct.pack(">i", len(request)) + request)
        answer = kafka.recv(4096)
    (error,) = struct.unpack_from(">h", answer, 4 + 4 + 4 + 2 + len(name) + 4 + 4)
    assert error == 0


@pytest.mark.parametrize("value", [b"x", b"poison"])
def test_a_header_whose_name_is_no_text_stops_nobody(rig: Rig, value: bytes) -> None:
    """Its record is worked on like any other, also where it becomes a dead letter; so are those behind it."""
    others = [b"key-%d" % i for i in range(200)]
    rig.feed(others[:100])
    put(rig.settings.bootstrap_servers, rig.topic("raw.a"), batch(b"odd", value))
    rig.feed(others[100:])
    rig.start()
    rig.drain()
    assert rig.stop() == 0
    assert set(rig.keys(rig.topic("out"))) == {*others, *([b"odd"] if value == b"x" else [])}
    dead = rig.read(rig.topic(topics.DEAD_LETTERS))
    assert [one.value() for one in dead] == ([] if value == b"x" else [b"poison"])
    assert all(header(one.headers() or [], "ce_id") == "y" for one in dead)
