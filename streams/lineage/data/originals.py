"""Raw records of rows, as they lie there now, and what this build reads in them. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.events import H_ID, H_SVIX_ID, Record, body_of, header
from streams.events.doors import CONTENT_ID, PIPELINES
from streams.lineage.data.touching import RowKey, key_of
from streams.lineage.delivery.facts import NotKnown, OriginalGone, RawPlace
from streams.lineage.row import LineageRow
from streams.ops.errors import Reason, Rejected
from streams.payloads.decode import decode
from streams.tables import Provenance, provenance_of, readings
from streams.tables.readings import Reading

Original = Record | OriginalGone | NotKnown
Originals = Mapping[RawPlace, Original]


class OriginalRead(NamedTuple):
    """A raw record of a row, decoded. `reading`: or why this build takes it for a dead letter."""

    row: LineageRow
    delivery: Provenance
    reading: Reading | Rejected


Reads = Mapping[RowKey, OriginalRead | OriginalGone | NotKnown]
NOT_READ = NotKnown("it was not read")


def read_all(rows: Iterable[LineageRow], originals: Originals) -> Reads:
    """What this build reads in the raw record of each row, by the row's key."""
    return {key_of(row): _read(row, originals.get(RawPlace(*row.place), NOT_READ)) for row in rows}


def _read(row: LineageRow, found: Original) -> OriginalRead | OriginalGone | NotKnown:
    """Never what another record says that has its place."""
    if isinstance(found, OriginalGone | NotKnown):
        return found
    if (header(found.headers, H_ID) or header(found.headers, H_SVIX_ID)) != row.delivery_id:
        return OriginalGone("the topic was made anew, another record has its place")
    delivery = provenance_of(found)
    try:
        reading = readings.read(decode(body_of(found)), delivery.at_ms, delivery.id)
    except Rejected as rejected:
        return OriginalRead(row, delivery, rejected)
    return OriginalRead(row, delivery, reading)


# Why a body alone may be rejected; other reasons depend on settings, topics and headers.
_OF_BODY = frozenset({Reason.NOT_JSON, Reason.TOO_DEEP, Reason.NOT_AN_OBJECT, Reason.NO_EVENT_TYPE, Reason.NO_USER})
_OF_DATA = frozenset({Reason.USER_CONFLICT, Reason.BAD_TIME, Reason.NO_KEY})


def otherwise(found: OriginalRead) -> str:
    """What this build makes of a record where a worker made the opposite of it, as a phrase; "" where they agree."""
    row, reading = found.row, found.reading
    if isinstance(reading, Rejected):
        return "" if row.is_dead else f"a dead letter ({reading.reason})"
    is_of_body = row.reason in _OF_BODY | _OF_DATA
    return "no dead letter: it can be put back" if row.is_dead and is_of_body else ""


class Repetitions:
    """Deliveries of pipelines that were known by their sender's name: they count once, whatever is in them."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def has(self, delivery: Provenance) -> bool:
        """Whether it came before; from now on it did."""
        if delivery.door not in PIPELINES or not delivery.id or delivery.id.startswith(CONTENT_ID):
            return False
        is_known = delivery.id in self._known
        self._known.add(delivery.id)
        return is_known
