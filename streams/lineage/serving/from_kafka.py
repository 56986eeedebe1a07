"""Answers where no console is: what the question needs is read from Kafka, into an index that is forgotten again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS
from streams.lineage.data.days import LAST_NIGHT, NIGHT_ENDS_MS, UserClock, day_asked
from streams.lineage.delivery.delivery_ids import DeliveryId
from streams.lineage.index.forgotten import Forgotten, file_of
from streams.lineage.index.intake.scan import scan_into
from streams.lineage.index.temporary import temporary_index
from streams.lineage.known import Reach
from streams.lineage.serving.answers import Helpers, IndexAnswerer, open_answerer
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.lineage.why import lateness
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

EAST_MS = 14 * HOUR_MS  # a local day may begin so long before that of UTC
LONGEST_DAY_MS = 25 * HOUR_MS  # on which clocks go back
CLOCKS_MS = 5 * MINUTE_MS  # Junction's and ours may differ by so much


@contextmanager
def read_from_kafka(
    settings: Settings, helpers: Helpers, since_ms: int, until_ms: int | None, progress: Callable[[int], None]
) -> Iterator[IndexAnswerer]:
    """Who answers from what was processed in [since_ms, until_ms), Unix ms; None: until now. Nobody who was forgotten.

    `progress` is told up to when it is read. Raises Unavailable, Misconfigured.
    """
    settings.need_kafka()
    with temporary_index(Forgotten(file_of(settings.lineage_dir))) as index:
        scan_into(index, settings, since_ms, until_ms, progress)
        with open_answerer(settings, index, helpers) as answerer:
            yield answerer


def since_of_delivery(id: DeliveryId, now_ms: int, days: int) -> int:
    """From when on its rows may be there, Unix ms: since it was made, or for as long as rows are kept."""
    return now_ms - days * DAY_MS if id.made_ms is None else id.made_ms - CLOCKS_MS


def since_of_data(query: DataQuery | WhyQuery, now_ms: int, days: int) -> int:
    """From when on its rows may be there, Unix ms: since its day began anywhere, or for as long as rows are kept.

    Why something is not there is judged by what was usual in the week before, too. Raises Misconfigured for no day, and
    where no rows are kept.
    """
    if not days:
        raise Misconfigured("STREAMS_LINEAGE_DAYS is 0: workers write no lineage, so nothing is known of a user's data")
    kept_ms = now_ms - days * DAY_MS
    is_why = isinstance(query, WhyQuery)
    day = query.day or (LAST_NIGHT if is_why else "")
    if not day:
        return kept_ms
    reach = Reach(first_ms=kept_ms, as_of_ms=now_ms, behind_s=0.0)
    if day == LAST_NIGHT:  # of a user whose clock is known later
        began_ms = now_ms - NIGHT_ENDS_MS - LONGEST_DAY_MS
    else:
        began_ms = day_asked(day, UserClock(), now_ms, reach).from_ms - EAST_MS
    return began_ms - (lateness.DAYS + 1) * DAY_MS * is_why
