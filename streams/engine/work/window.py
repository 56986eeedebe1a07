"""When to commit: at once after silence, later and later under load. Policy only; the time is an argument."""

from dataclasses import dataclass

BUSY_RECORDS = 2_000  # a transaction of this size says that there is load: the next one may take the whole interval
# A transaction stays open for so many times what the last commit took: what a commit costs, here and in Kafka, follows
# the partitions that it writes to, and two records of one partition cost hardly more than one.
FILL = 2.0
RECORDS_MAX = 100_000
BYTES_MAX = 32 * 1024 * 1024


@dataclass(slots=True)
class CommitWindow:
    """One transaction's time. `interval_s`: the longest that it may stay open."""

    interval_s: float
    opened_at_s: float = 0.0
    records: int = 0
    size_bytes: int = 0
    _linger_s: float = 0.0
    _committed_at_s: float = -1e9
    _commit_s: float = 0.0

    def open(self, now_s: float) -> None:
        """Begin the next transaction. The size of the last one decides how long this one waits for company."""
        self._linger_s = self.interval_s * min(1.0, self.records / BUSY_RECORDS)
        self.opened_at_s, self.records, self.size_bytes = now_s, 0, 0

    def add(self, records: int, size_bytes: int) -> None:
        """Count what a step processed."""
        self.records += records
        self.size_bytes += size_bytes

    def committed(self, now_s: float, commit_s: float) -> None:
        """A commit, of the transaction before the one that is open, took so long."""
        self._committed_at_s, self._commit_s = now_s, commit_s

    @property
    def full(self) -> bool:
        """No more records may join: memory is bounded."""
        return self.records >= RECORDS_MAX or self.size_bytes >= BYTES_MAX

    def left_s(self, now_s: float, *, waiting: bool) -> float:
        """Seconds until the commit is due, 0 when it is now. `waiting`: more slices are here already."""
        if self.full:
            return 0.0
        stay_s = self.interval_s if waiting else min(self.interval_s, max(self._linger_s, self._fill_s))
        return max(0.0, self.opened_at_s + stay_s - now_s)

    @property
    def _fill_s(self) -> float:
        """0 after silence: nothing came for so long that nothing is likely to join."""
        fill_s = FILL * self._commit_s
        return fill_s if self.opened_at_s < self._committed_at_s + fill_s else 0.0
