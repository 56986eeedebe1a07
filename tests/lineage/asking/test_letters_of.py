"""Which dead letters are a delivery's, and which of those that were refused came since: out of a real index."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from streams.events.times import DAY_MS
from streams.lineage.asking.came_since import CameSince, Ids, came_since
from streams.lineage.asking.delivery_asker import letters_of
from streams.lineage.index.temporary import TemporaryIndex, temporary_index
from streams.lineage.row import LineageRow
from tests.lineage.delivery.values import DEAD, ID, LETTER, REACH, ROW


@pytest.fixture
def index() -> Iterator[TemporaryIndex]:
    """An empty one that is read to its end."""
    with temporary_index() as found:
        found.reached = REACH
        yield found


def test_a_letter_without_the_headers_of_its_record(index: TemporaryIndex) -> None:
    """Of a record that is too large for a letter only the reasons lie there, which name a place and no delivery: by it
    the letter is found. Not by the place alone: a topic that was made anew gives it again."""
    nameless = replace(LETTER, delivery_id="", owner_id="", dead_ms=DEAD.processed_ms + 10)
    index.writer.add_letter(nameless)
    index.writer.commit()
    assert letters_of(index, ID, (DEAD,)) == [nameless]
    assert letters_of(index, ID, (ROW,)) == []
    assert letters_of(index, ID, (replace(DEAD, reason="no_type"),)) == []
    assert letters_of(index, ID, (replace(DEAD, processed_ms=DEAD.processed_ms - DAY_MS),)) == []


def test_a_letter_of_another_delivery_at_the_same_place(index: TemporaryIndex) -> None:
    """It is none of this one's, whose own is told once."""
    index.writer.add_letter(LETTER)
    index.writer.add_letter(replace(LETTER, offset=LETTER.offset + 1, delivery_id="msg_other"))
    index.writer.commit()
    assert letters_of(index, ID, (DEAD,)) == [LETTER]


class CountingIndex(TemporaryIndex):
    """One that counts how often it is asked for an id."""

    asked: Counter[str]

    def deliveries(self, delivery_id: str) -> Sequence[LineageRow]:
        self.asked[delivery_id] += 1
        return super().deliveries(delivery_id)


def test_what_is_processed_meanwhile_is_looked_up_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Raw topics first: a record that a worker takes behind that has its row. No id is asked for twice, however many
    strangers name."""
    index = CountingIndex(tmp_path_factory.mktemp("index"))
    index.asked, index.reached = Counter(), REACH

    def stored(ids: Ids) -> tuple[Ids, str]:
        index.writer.add((ROW,))
        index.writer.commit()
        return ids & {"msg_waits"}, ""

    assert came_since(index, stored, frozenset({ID, "msg_waits", "msg_never"})) == CameSince(
        frozenset({ID, "msg_waits"})
    )
    assert index.asked == {ID: 1, "msg_never": 1}
    index.close()
