"""How far an index reaches that is read for one question."""

from streams.lineage.index.intake.scan import first_of, reached

SINCE_MS = 1_000_000


def test_no_further_back_than_kafka_had_rows() -> None:
    """What has gone of partitions went by its age: all is whole behind the oldest row that is left, however quiet some
    were, and no earlier than rows are kept."""
    firsts = {("t", 0): SINCE_MS + 500, ("t", 1): SINCE_MS + 700}
    assert first_of(SINCE_MS, firsts, (), 0, is_all=False) == SINCE_MS
    assert first_of(SINCE_MS, firsts, {("t", 0)}, 0, is_all=False) == SINCE_MS + 500
    assert first_of(SINCE_MS, firsts, {("t", 0), ("t", 1)}, 0, is_all=False) == SINCE_MS + 500
    assert first_of(SINCE_MS, firsts | {("t", 2): SINCE_MS - 5}, {("t", 0)}, 0, is_all=False) == SINCE_MS
    assert first_of(SINCE_MS, firsts, {("t", 1)}, SINCE_MS + 900, is_all=False) == SINCE_MS + 900
    assert first_of(SINCE_MS, {}, {("t", 3)}, SINCE_MS + 900, is_all=False) == SINCE_MS + 900, "none is left of it"


def test_no_further_back_than_workers_wrote_rows() -> None:
    """Where none was ever written before the oldest, lineage begins with it; where there is none at all, with nothing.
    Where others were, an hour without any is known to have had none."""
    firsts = {("t", 0): SINCE_MS + 700, ("t", 1): SINCE_MS + 500}
    assert first_of(SINCE_MS, firsts, (), 0, is_all=True) == SINCE_MS + 500
    assert first_of(SINCE_MS, {("t", 0): SINCE_MS - 5}, (), 0, is_all=True) == SINCE_MS
    assert first_of(SINCE_MS, {}, (), 0, is_all=True) == 0
    assert first_of(SINCE_MS, {}, (), 0, is_all=False) == SINCE_MS


def test_it_stands_still() -> None:
    """Since it began to read, or since the end that was asked for; rows of the last moments may be missing."""
    now = reached(SINCE_MS, 9_000_000, None, 3_000)
    assert (now.first_ms, now.as_of_ms, now.still_ms) == (SINCE_MS, 8_997_000, 9_000_000)
    until = reached(SINCE_MS, 9_000_000, 5_000_000, 3_000)
    assert (until.as_of_ms, until.still_ms) == (5_000_000, 5_000_000)
