"""Bodies from files: posted as they are, redelivered under the same id, users aligned on request."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.ops.errors import Misconfigured, Rejected
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.recorded import align, post_all, read_folder
from tests import samples
from tests.simulator.receiver import SECRET, Receiver, running

BODY = b'{"event_type": "daily.data.sleep.created", "user_id": "a", "data": {"user_id": "b", "x": 1.0}}'


async def test_a_second_run_is_a_redelivery(tmp_path: Path) -> None:
    """The same file has the same message id in every run, and its bytes arrive untouched, readable or not."""
    (tmp_path / "one.json").write_bytes(BODY)
    (tmp_path / "two.json").write_bytes(b"not json at all")
    (tmp_path / "notes.txt").write_bytes(b"ignored")
    async with running(Receiver()) as receiver, open_courier(Target(receiver.url, SECRET)) as courier:
        for _ in range(2):
            recorded = read_folder(tmp_path, align_users=False)
            assert await post_all(courier, recorded) == {"one.json": 204, "two.json": 204}
    assert sorted(receiver.bodies.values()) == sorted([BODY, b"not json at all"])
    assert set(receiver.stored.values()) == {2}


def test_ids_hide_no_time(tmp_path: Path) -> None:
    """A recording does not know when its event was made: its id is no KSUID."""
    (tmp_path / "one.json").write_bytes(BODY)
    (one,) = read_folder(tmp_path, align_users=True)
    assert ksuid_time_ms(one.message_id) is None


def test_an_empty_folder_is_an_error_with_advice(tmp_path: Path) -> None:
    """A folder without recordings is the caller's mistake, and the sentence says what to name."""
    with pytest.raises(Misconfigured, match=r"no \*\.json files"):
        read_folder(tmp_path, align_users=False)


def test_align_only_touches_users_that_differ() -> None:
    """`data.user_id` becomes the top-level one; everything else stays, and bodies without both stay as bytes."""
    assert json.loads(align(BODY)) == json.loads(BODY) | {"data": {"user_id": "a", "x": 1.0}}
    for body in (b"[]", b"{", b'{"user_id": "a", "data": []}', b'{"data": {"user_id": "b"}}', b"\xff"):
        assert align(body) == body


@given(st.binary())
def test_align_takes_anything(body: bytes) -> None:
    """Whatever is in the file, aligning answers bytes."""
    assert isinstance(align(body), bytes)


@pytest.mark.skipif(not samples.HERE, reason="because the folder of published samples is not beside the repository")
def test_published_samples_are_consistent_once_aligned() -> None:
    """With users aligned, every published body names one user; one file has no event type, one no user at all."""
    unnamed = []
    for recorded in read_folder(samples.sample_dir() / "webhooks", align_users=True):
        try:
            identify(recorded.body)
        except Rejected:
            unnamed.append(recorded.file)
            continue
        body = json.loads(recorded.body)
        inner = body["data"].get("user_id") if isinstance(body["data"], dict) else None
        assert not inner or body.get("user_id", inner) == inner
    assert unnamed == [
        "daily.data.workout_stream.created--2024-03-22.json",
        "no-event-type.walk-in-order-updated--2026-08-14.json",
    ]
