"""What the benchmark of the sink writes and prints; its figures are `make bench-sink`."""

from benchmarks.sink import data
from benchmarks.sink.__main__ import table
from benchmarks.sink.measure import Row
from streams.events.partitions import partition_for
from streams.kafka import codec


def test_a_night_has_a_value_in_each_column_that_is_written() -> None:
    """Columns without values cost nothing, and would make any sink look quick."""
    (*_, value) = next(row for row in data.records(0, 1) if row[0] == data.NIGHTS)
    night = codec.decode(b"\0\0\0\0\1" + value, codec.parsed("Sleep"))
    empty = {name for name, found in night.items() if found is None}
    assert empty == {"client_user_id", "unknown_fields"}


def test_both_topics_of_samples_say_the_same() -> None:
    """One contestant reads a hundred a record, the other one a record."""
    found = [row[0] for row in data.records(2 * data.BATCH, 0)]
    assert (found.count(data.SAMPLES), found.count(data.SINGLE)) == (2, 2 * data.BATCH)


def test_the_last_row_of_each_partition_is_known() -> None:
    """By it a run sees that it is over."""
    rows = data.last(data.SAMPLES, 1_000 * data.BATCH)
    assert {partition_for(user, data.PARTITIONS) for user, _ in rows} == set(range(data.PARTITIONS))
    assert max(time for _, time in rows) == data.BEGIN_US + (3 * data.BATCH - 1) * data.STEP_US


def test_the_table_is_one_of_markdown() -> None:
    """A line of names, one of alignment, one a run."""
    lines = table([Row("ours", "sleep", 5, *[0.5] * 8)]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert len(lines) == 3
