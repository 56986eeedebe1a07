"""Letters of a pipeline's door: a wrong envelope, or a body that was not unpacked. Now the body's own word counts."""

import gzip
import json
from typing import Any

import pytest

from connectors.contract import intake
from connectors.contract.source import SourceMessage
from connectors.doors.opening import MessageBounds, open_message
from connectors.rabbitmq.envelope import Properties, read_envelope
from streams.cli.show.letters import described
from streams.letters.letter import Letter
from streams.letters.returns import explain_now, return_of
from streams.ops.settings import Settings
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker
from tests.strategies import envelope

BODY = json.dumps(
    envelope("daily.data.body.created", {"id": "1", "source": {"provider": "oura"}, "weight": 70})
).encode()
TYPE = "daily.data.body.created"
SETTINGS = Settings(_env_file=None, partitions=12, topic_prefix=PREFIX)
BOUNDS = MessageBounds(SETTINGS.body_bytes_max, 1_000_000)


def at_the_door(raw: bytes, routing_key: str = TYPE, bounds: MessageBounds = BOUNDS, **properties: Any) -> Letter:
    """What RabbitMQ's door makes of a message, a dead letter."""
    said = read_envelope(Properties(routing_key, message_id="m1", **properties), "junction")
    message = SourceMessage(1, len(raw), lambda: open_message(said, raw, NOW_MS, bounds))
    opened, made = intake.opened_record(message, SETTINGS)
    assert made.reason
    return Letter(made.partition, 3, NOW_MS, made.key, opened.body, list(made.headers))


GZIP = {"content_encoding": "gzip"}
MENDED = {
    "another type": at_the_door(BODY, "daily.data.sleep.created"),
    "another type, packed": at_the_door(gzip.compress(BODY), "daily.data.sleep.created", **GZIP),
    "gzip without the word": at_the_door(gzip.compress(BODY)),
    "the word without gzip": at_the_door(BODY, **GZIP),
    "a type of content that is none": at_the_door(BODY, content_type="text/plain"),
    "too large then": at_the_door(gzip.compress(BODY), bounds=MessageBounds(10, 1_000_000), **GZIP),
}


@pytest.mark.parametrize("letter", MENDED.values(), ids=MENDED)
def test_what_can_be_read_by_itself_goes_back(letter: Letter) -> None:
    """As plain JSON, under the type that the body has, and without a word of a codec; a worker takes it."""
    put = return_of(letter, PREFIX, 12)
    assert (put.refusal, put.topic, put.body) == ("", f"{PREFIX}.raw.summaries", BODY)
    names = dict(put.headers)
    assert (names["ce_type"], names["ce_door"]) == (TYPE.encode(), b"rabbitmq")
    assert "content-encoding" not in names
    told = Worker().run(RawRecord(put.topic, put.partition, 0, NOW_MS, put.key, put.body, list(put.headers)))
    assert "body" in {clean.topic for clean in told}


STAYS = {
    "zstd": (at_the_door(b"(\xb5/\xfd data", content_encoding="zstd"), "that we do not know: content_encoding"),
    "cut": (at_the_door(gzip.compress(BODY)[:-9], **GZIP), "not_unpacked cut off"),
    "bomb": (at_the_door(gzip.compress(bytes(1_000_000)), **GZIP), "too_large unpacked above 200 times"),
    "left out": (at_the_door(BODY, bounds=MessageBounds(10, 10)), "too large for a letter: nothing is kept"),
}


@pytest.mark.parametrize(("letter", "why"), STAYS.values(), ids=STAYS)
def test_the_rest_stays_with_a_sentence(letter: Letter, why: str) -> None:
    """Nobody can read it, and that is said; to look at it is no error."""
    assert why in return_of(letter, PREFIX, 12).refusal
    assert explain_now(letter, PREFIX, 12).reason
    assert described(letter, SETTINGS, None, reveal=True)["shape"][0].startswith("not JSON")


def test_a_packed_letter_is_shown_unpacked() -> None:
    """Shape and body are those of the JSON in it."""
    page = described(MENDED["another type, packed"], SETTINGS, None, reveal=True)
    assert page["body"] == BODY.decode()
    assert "$.event_type: string" in page["shape"]
