"""Formats of state rows: the first byte of a row is the number of its format, and this is the list of all of them.

Rows outlive the version that wrote them: they are on disk and in the changelogs, and while a group is upgraded, or set
back, workers of two versions own them in turn. A number that is not in the list ends the process before anything is
committed. It is no fault of the record that was being processed, so it is no dead letter.

To change what a row holds, also by a field with a default: give its kind the next number to write, keep the old one
among those it reads, and add a golden row (`tests/golden_rows.py`). A new kind takes a number that no other kind of its
table has, because an older version may take its key for another's; its key goes into `keys.KINDS`.

Rows without a number hold a key or a count, and nothing else is decoded: places in the fetchers' queue (empty), cursors
behind an outage, and how many items of drift a topic has.
"""

from dataclasses import dataclass, field
from typing import NoReturn

from streams.ops.errors import Misconfigured

HEAD_BYTES = 1


@dataclass(frozen=True, slots=True, eq=False)
class RowKind:
    """`name`: in words. `writes`: the format that we write. `older`: formats that we still read."""

    table: str
    name: str
    writes: int
    older: tuple[int, ...] = ()
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", bytes([self.writes]))

    @property
    def reads(self) -> tuple[int, ...]:
        return (*self.older, self.writes)


CONNECTION = RowKind("connections", "a connection", 1)
COVERAGE = RowKind("connections", "days with data", 1)
BACKFILL = RowKind("backfills", "a backfill", 2, older=(1,))
ENTITY = RowKind("summaries", "the newest version of a device, lab or query row", 2)
SUMMARY = RowKind("summaries", "the newest version of a summary", 3, older=(2,))  # 2 had names, and its numbers as text
RIVALS = RowKind("summaries", "the sources of a day", 1)
ZONE = RowKind("summaries", "a user's time zone", 1)
NUMBERS = RowKind("samples", "an hour of samples, as numbers", 1)
HASHES = RowKind("samples", "an hour of samples, as hashes", 2)
BLOCK = RowKind("samples", "an hour of samples", 1, older=(2,))  # of either kind, for readers of its age alone
MAKERS = RowKind("samples", "the sources of a resource", 1)
DELIVERY = RowKind("deliveries", "a delivery", 1)
DRIFT = RowKind("drift", "an item of drift", 2, older=(1,))  # 1 had no users
USER = RowKind("alerts", "what is remembered of a user", 1)
WINDOW = RowKind("alerts", "the newest marks of a series", 1)
CROWD = RowKind("alerts", "all samples of a minute", 1)
BASELINE = RowKind("alerts", "a baseline", 1)
ARRIVALS = RowKind("alerts", "signs of life", 1)
TIMER = RowKind("alerts", "a timer", 1)
JOB = RowKind("fetches", "a job of the fetcher", 1)
OFFSETS = RowKind("connections or fetches", "the engine's offsets", ord("{"))  # JSON, whole: the byte is its first

KINDS = tuple(kind for kind in list(globals().values()) if isinstance(kind, RowKind))


def pack(kind: RowKind, payload: bytes) -> bytes:
    """The row of a payload."""
    return kind.head + payload


def unpack(kind: RowKind, stored: bytes) -> bytes:
    """The payload of a row, of any format that is read. Raises Misconfigured for others."""
    if stored[:HEAD_BYTES] != kind.head:
        _of_older(kind, stored)
    return stored[HEAD_BYTES:]


def check(kind: RowKind, stored: bytes) -> int:
    """The format of a row that is read in place. Raises Misconfigured if it is not read."""
    return kind.writes if stored[:HEAD_BYTES] == kind.head else _of_older(kind, stored)


def _of_older(kind: RowKind, stored: bytes) -> int:
    if not stored or stored[0] not in kind.older:
        refuse(kind, str(stored[0]) if stored else "none")
    return stored[0]


def refuse(kind: RowKind, found: str) -> NoReturn:
    """Raises Misconfigured: another version wrote this row. `found`: its format."""
    reads = " and ".join(map(str, sorted(kind.reads)))
    raise Misconfigured(
        f"a row of the table {kind.table} ({kind.name}) has format {found}, and this version reads {reads}: another "
        "version of this program wrote it. Nothing of this transaction was committed. Start that version, or a newer "
        "one, in the whole group. `--rebuild-state` brings the same row back from Kafka's changelog; a version that "
        "cannot read it needs a new STREAMS_GROUP_ID, which reads, and emits, all of the raw topics again."
    )
