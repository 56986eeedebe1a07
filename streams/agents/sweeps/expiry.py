"""Forgets old samples and deliveries: a few rows a punctuation, behind a cursor, as tombstones.

A row expires when its newest delivery is a whole window older than both the newest delivery that the sweep has seen in
its partition, and the worker's clock. So neither a clock that runs ahead nor a delivery dated next year deletes rows by
itself. Deliveries have the sender's time (webhooks) or that of the API's answer (pages). Only a host of ours that dates
deliveries by its own wrong clock would delete too much (`test_expiry`).

The cursor is in memory. A deletion is decided by the row alone: after an aborted transaction, a rebalance or a restart
the row is looked at again.

A sample, or a delivery, that comes after its row was deleted is NEW once more; the record has `beyond_window`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

from streams.agents.steps import deliveries, hour_preferences
from streams.events import DAY_MS, HOUR_MS
from streams.tables import Draft, hour_blocks

ROWS_MAX = 500  # of one table, partition and punctuation: about a millisecond
REST_MS = 6 * HOUR_MS  # from the start of one sweep to the next
_FIRST, _LAST = b"", b"\xff"


def newest_of_samples(key: bytes, value: bytes) -> int | None:
    """Delivery time of a block's newest sample; None for the rows that stay."""
    return None if key.endswith(hour_preferences.SOURCES) else hour_blocks.newest_ms(value)


# The tables that are swept, and when the newest delivery of a row was made.
SWEPT: Mapping[str, Callable[[bytes, bytes], int | None]] = {
    hour_preferences.TABLE: newest_of_samples,
    "deliveries": deliveries.newest_ms,
}


@dataclass(slots=True)
class _Sweep:
    """One table's partition. `began_ms`: of the sweep that is under way, or rests behind its end."""

    began_ms: int
    cursor: bytes | None = _FIRST
    seen_ms: int = 0  # the newest delivery of all rows that were looked at


class Expiry:
    """`window_days`: how long rows stay behind the newest delivery; 0: for ever."""

    def __init__(self, window_days: int) -> None:
        self._window_ms = window_days * DAY_MS
        self._sweeps: dict[tuple[str, int], _Sweep] = {}

    def punctuate(self, draft: Draft) -> None:
        """Look at the next few rows of each table."""
        if self._window_ms:
            for table, newest_ms in SWEPT.items():
                sweep = self._sweeps.setdefault((table, draft.partition), _Sweep(draft.now_ms))
                self._step(draft, table, newest_ms, sweep)

    def _step(self, draft: Draft, table: str, newest_ms: Callable[[bytes, bytes], int | None], sweep: _Sweep) -> None:
        if sweep.cursor is None:
            if abs(draft.now_ms - sweep.began_ms) < REST_MS:
                return
            sweep.began_ms, sweep.cursor = draft.now_ms, _FIRST
        rows = list(islice(draft.scan(table, sweep.cursor, _LAST), ROWS_MAX))
        ages = [(key, newest) for key, value in rows if (newest := newest_ms(key, value)) is not None]
        sweep.seen_ms = max([sweep.seen_ms, *(newest for _, newest in ages)])
        before_ms = min(sweep.seen_ms, draft.now_ms) - self._window_ms
        for key, newest in ages:
            if newest < before_ms:
                draft.put(table, key, None)
                draft.count("expired", table)
        sweep.cursor = rows[-1][0] + b"\0" if len(rows) == ROWS_MAX else None
