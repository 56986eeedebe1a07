"""After an outage of ours: asks for the lost span of every resource that we have data of, a few at a time.

An outage is a row. The punctuation walks over the rows of coverage, and keeps its cursor in that row: the walk survives
restarts, and does not delay records.
"""

from itertools import islice

import msgspec

from streams.agents.steps import fetch_requests
from streams.events import providers
from streams.tables import Draft, coverage, keys
from streams.tables.history import Outage, Priority, Request, Why, new_id, windows
from streams.tables.history import request as requests

TABLE = "connections"
_PREFIX = b"\x00outage|"
_FIRST = b"\x01"  # all rows of users lie behind it
_LAST = b"\xff"
ROWS_MAX = 200  # of one punctuation

_decode = msgspec.msgpack.Decoder(tuple[int, int]).decode


def note(draft: Draft, outage: Outage) -> None:
    """Remember an outage; one that is known already changes nothing."""
    row = _PREFIX + msgspec.msgpack.encode((outage.start_ms, outage.end_ms))
    if draft.get(TABLE, row) is None:
        draft.put(TABLE, row, _FIRST)


def punctuate(draft: Draft, prefix: str) -> None:
    """Ask for the next few resources of each outage."""
    for row, cursor in list(draft.scan(TABLE, _PREFIX, _PREFIX + _LAST)):
        start_ms, end_ms = _decode(row[len(_PREFIX) :])
        rows = list(islice(draft.scan(TABLE, cursor, _LAST), ROWS_MAX))
        for key, value in rows:
            _ask(draft, prefix, key, value, Outage(start_ms, end_ms))
        draft.put(TABLE, row, rows[-1][0] + b"\x00" if len(rows) == ROWS_MAX else None)


def _ask(draft: Draft, prefix: str, key: bytes, value: bytes, outage: Outage) -> None:
    parts = keys.split(key)
    if len(parts) != 3 or coverage.decode(value) is None:
        return
    user_id, provider, resource = parts
    reason = providers.not_expected(provider, resource, has_range=True)
    if reason not in (None, providers.NotExpected.LIVE_HISTORY):
        return
    span = windows.reachable(windows.widened(outage.start_ms * 1000, outage.end_ms * 1000), outage.end_ms * 1000)
    if span is None:
        return
    id = new_id("outage", user_id, provider, resource, outage.start_ms)
    request = Request(
        id, user_id, provider, resource, *((0, 0) if resource in requests.RANGELESS else span), Why.OUTAGE,
        Priority.LATE,
    )  # fmt: skip
    fetch_requests.enqueue(draft, prefix, request)
