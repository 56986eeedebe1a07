"""Counts the rows of connections, coverage and backfills for the metrics: a few a punctuation, behind a cursor.

The figures of a partition are set when its walk is over, so that they are of whole tables. A large one takes minutes, a
small one a second. A user whose connection is in error has no fresh data to expect, and is not counted among ages.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from streams.events import MINUTE_MS, PROVIDERS, RESOURCES
from streams.ops import metrics
from streams.ops.gauges import Labels, Spread
from streams.tables import Draft, coverage, keys
from streams.tables import connections as connection
from streams.tables.history import backfills as backfill

ROWS_MAX = 500  # of one partition and punctuation: about three milliseconds
REST_MS = 10_000  # from the start of one walk to the next, unless it takes longer
OTHER = "other"  # labels are known words only, so that strangers cannot multiply series
_TABLES = ("connections", "backfills")
_FIRST, _LAST = b"\x01", b"\xff"  # before the first one are rows that belong to no user
_STATUSES = (connection.CONNECTED, connection.ERROR, connection.IMPLIED)


@dataclass(slots=True)
class CensusTally:
    """Rows of one partition, counted in the order of their keys. `now_ms`: what ages are measured from."""

    now_ms: int
    connections: Counter[Labels] = field(default_factory=Counter)
    backfills: Counter[Labels] = field(default_factory=Counter)
    ages: dict[Labels, Spread] = field(default_factory=dict)
    user_ages: dict[Labels, Spread] = field(default_factory=dict)
    _user: str = ""
    _failed: set[str] = field(default_factory=set)  # providers whose link to this user is in error
    _newest_ms: dict[str, int] = field(default_factory=dict)  # of this user, by provider

    def add(self, table: str, key: bytes, value: bytes) -> None:
        """One row."""
        user, *parts = keys.split(key)
        if user != self._user:
            self.close_user()
            self._user = user
        if table == "backfills":
            self.backfills[provider_label(parts[0]), str(backfill.decode(value).status)] += 1
        elif len(parts) == 1:
            self._add_link(parts[0], connection.decode(value))
        elif state := coverage.decode(value):
            self._add_data(parts[0], parts[1], state)

    def _add_link(self, provider: str, link: connection.Connection) -> None:
        self.connections[provider_label(provider), link.status] += 1
        if link.status == connection.ERROR:
            self._failed.add(provider)

    def _add_data(self, provider: str, resource: str, state: coverage.Coverage) -> None:
        if provider in self._failed:
            return
        # A clock that runs ahead dates data into the future: they are as new as their delivery at most.
        newest_ms = min(state.last_min, state.delivered_min) * MINUTE_MS
        labels = (provider_label(provider), resource if resource in RESOURCES else OTHER)
        self._age(self.ages, labels, newest_ms)
        self._newest_ms[provider] = max(newest_ms, self._newest_ms.get(provider, newest_ms))

    def close_user(self) -> None:
        """All rows of a user have been seen."""
        for provider, newest_ms in self._newest_ms.items():
            self._age(self.user_ages, (provider_label(provider),), newest_ms)
        self._failed.clear()
        self._newest_ms.clear()

    def _age(self, spreads: dict[Labels, Spread], labels: Labels, newest_ms: int) -> None:
        spread = spreads.get(labels)
        if spread is None:
            spread = spreads[labels] = Spread(metrics.AGES_S)
        spread.add(max(0, self.now_ms - newest_ms) / 1000)


def provider_label(provider: str) -> str:
    return provider if provider in PROVIDERS else OTHER


def filled(counts: Counter[Labels], statuses: Sequence[str]) -> dict[Labels, int]:
    """With a 0 for each status that a provider does not have: what falls to nothing is seen to fall."""
    providers = {provider for provider, _ in counts}
    return {(provider, status): 0 for provider in providers for status in statuses} | counts


@dataclass(slots=True)
class _Walk:
    began_ms: int
    tally: CensusTally
    table: int = 0
    cursor: bytes | None = _FIRST  # None: over


class Census:
    """Walks of all partitions of this worker."""

    def __init__(self) -> None:
        self._walks: dict[int, _Walk] = {}

    def punctuate(self, draft: Draft) -> None:
        """Look at the next few rows; tell the metrics at the end of a walk."""
        walk = self._walks.get(draft.partition)
        if walk is None or (walk.cursor is None and abs(draft.now_ms - walk.began_ms) >= REST_MS):
            walk = self._walks[draft.partition] = _Walk(draft.now_ms, CensusTally(draft.now_ms))
        if walk.cursor is None:
            return
        _step(draft, walk, walk.cursor)
        if walk.cursor is None:
            _tell(draft.partition, walk.tally)


def _step(draft: Draft, walk: _Walk, cursor: bytes) -> None:
    table, walk.tally.now_ms = _TABLES[walk.table], draft.now_ms
    rows = list(islice(draft.scan(table, cursor, _LAST), ROWS_MAX))
    for key, value in rows:
        walk.tally.add(table, key, value)
    if len(rows) == ROWS_MAX:
        walk.cursor = rows[-1][0] + b"\0"
        return
    walk.tally.close_user()
    walk.table += 1
    walk.cursor = _FIRST if walk.table < len(_TABLES) else None


def _tell(partition: int, tally: CensusTally) -> None:
    metrics.CONNECTIONS.set(partition, filled(tally.connections, _STATUSES))
    metrics.BACKFILLS.set(partition, filled(tally.backfills, [str(status) for status in backfill.BackfillStatus]))
    metrics.FRESHNESS.set(partition, tally.ages)
    metrics.USER_FRESHNESS.set(partition, tally.user_ages)
