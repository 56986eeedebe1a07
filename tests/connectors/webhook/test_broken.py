"""Bodies that are broken in one place, at the door: whose they are is known all the same."""

from collections.abc import Iterator

import pytest

from tests.connectors.webhook.gateways import USER, Running, body_of, make_settings, start


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with start(make_settings()) as running:
        yield running


def test_a_dead_letter_says_what_it_can(gateway: Running) -> None:
    """Type and user that stand before the break are in its headers."""
    gateway.post(b'{"event_type": "daily.data.sleep.created", "user_id": "u", "data": {')
    headers = dict(gateway.last().headers)
    assert (headers["ce_type"], headers["ce_subject"]) == (b"daily.data.sleep.created", b"u")


@pytest.mark.parametrize("size", [0, 300_000])
def test_half_a_character_hides_nothing(gateway: Running, size: int) -> None:
    """A body that is JSON but for half an emoji is stored as it came, whosever it is, large ones too."""
    body = body_of(data={"title": "@", "more": "x" * size}).replace(b"@", b"\\ud83c")
    assert gateway.post(body).status_code == 204
    record = gateway.last()
    assert (record.topic, record.key, record.value) == ("junction.raw.summaries", f"{USER}:sleep".encode(), body)
