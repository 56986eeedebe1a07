"""The private bytes that tell the broker which generation of the group commits."""

import pytest
from confluent_kafka import Consumer
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.positions.group_metadata import MAGIC, Membership, encode

names = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.parametrize("instance_id", [None, "w0", "a-longer.name_1"])
def test_layout_is_librdkafkas(instance_id: str | None) -> None:
    """Our bytes equal those that librdkafka writes for a consumer outside of any group."""
    conf = {"group.id": "some-group"} | ({"group.instance.id": instance_id} if instance_id else {})
    consumer = Consumer(conf)
    assert consumer.consumer_group_metadata() == encode("some-group", Membership(-1, ""), instance_id)
    consumer.close()


@given(names, names, st.one_of(st.none(), names), st.integers(-1, 2**31 - 1))
def test_round_trip(group: str, member: str, instance: str | None, generation: int) -> None:
    """Every field can be read back: nothing is ambiguous in the layout."""
    raw = encode(group, Membership(generation, member), instance)
    assert raw.startswith(MAGIC)
    rest = raw[len(MAGIC) :]
    assert int.from_bytes(rest[:4], "little", signed=True) == generation
    fields = rest[4:].split(b"\0", 2)
    assert [fields[0].decode(), fields[1].decode()] == [group, member]
    assert fields[2] == (b"\1" if instance is None else b"\0" + instance.encode() + b"\0")


def test_out_of_the_group() -> None:
    """Generation -1 or an empty member id is no membership: the broker would not fence such a commit."""
    assert not Membership(-1, "").valid
    assert not Membership(3, "").valid
    assert not Membership(-1, "m").valid
    assert Membership(0, "m").valid
