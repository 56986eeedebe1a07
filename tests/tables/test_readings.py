"""What each family of events is read as, for the worker and for `explain`."""

from typing import Any

import pytest

from streams.events import topics
from streams.ops.errors import Rejected
from streams.payloads.decode import decode
from streams.tables import readings
from tests import samples
from tests.folding import Worker, raw


@pytest.mark.parametrize(("name", "body"), samples.webhooks(), ids=lambda one: one if isinstance(one, str) else "")
def test_a_worker_emits_to_the_topic_of_the_reading(name: str, body: bytes) -> None:
    """Whatever a new event is read as, its record is in that clean topic."""
    body = samples.aligned(body)
    try:
        reading: Any = readings.read(decode(body))
    except Rejected:
        return
    assert reading.topic in topics.clean_topics()
    emitted = {clean.topic for clean in Worker().run(raw(body))}
    assert reading.topic in emitted or not reading.size
    if reading.is_keyed:
        assert len(reading.keys(5)) == min(reading.size, 5)
