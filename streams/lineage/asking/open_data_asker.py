"""A `DataAsker` over Kafka and the gateways of the settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from streams.lineage.asking.came_since import came_since
from streams.lineage.asking.doors import Doors
from streams.lineage.asking.places import Places
from streams.lineage.asking.row_originals import RowOriginals
from streams.lineage.asking.tail_look import Tail
from streams.lineage.asking.waiting_look import WaitingRecords
from streams.lineage.data_asker import AskJunction, DataAsker, DataSources
from streams.lineage.known import Index
from streams.ops.settings import Settings


@contextmanager
def open_data_asker(settings: Settings, index: Index, junction: AskJunction | None = None) -> Iterator[DataAsker]:
    """With clients that stay open as long as it does. `junction`: who asks Junction's API, where there is a key.

    Raises Misconfigured where no Kafka is named.
    """
    places = Places(settings)
    waiting, tail = WaitingRecords(settings, places), Tail(settings, places)
    doors = Doors(settings, partial(came_since, index, tail.stored))
    asked = DataSources(
        originals=RowOriginals(settings, places), waiting=waiting, door=doors.between,
        junction=junction,
    )  # fmt: skip
    asker = DataAsker(index, asked)
    try:
        yield asker
    finally:
        asker.close()
        waiting.close()
        tail.close()
        places.close()
