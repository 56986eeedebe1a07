"""The records of a page on the raw topics. Pure."""

from collections.abc import Iterator

from connectors.history.fetcher.outcome import FetchedPage
from streams.events import Delivery, DoorName, Headers, Origin, raw_record, rfc3339
from streams.tables.history import Job, Why

DOOR = DoorName.API


def page_events(job: Job, page: FetchedPage, now_ms: int) -> Iterator[tuple[str, bytes, bytes, Headers]]:
    """(raw topic, key, body, headers) of each event, as the webhook's gateway would store it. Raises Rejected."""
    # The delivery time is that of the call: what a webhook delivered since then is newer.
    # The stream of a workout that was just delivered belongs to no backfill.
    is_live = job.request.why is Why.STREAM
    history = (Origin.INCREMENTAL, "") if is_live else (Origin.HISTORICAL, job.request.id)
    for n, body in enumerate(page.bodies):
        times = rfc3339(page.began_ms), rfc3339(now_ms)
        delivery = Delivery(f"{page_id(job)}.{n}", DOOR, job.request.provider, *times, *history, *page.trace)
        made = raw_record(body, delivery)
        yield made.topic, made.key, body, made.headers


def page_id(job: Job) -> str:
    """Unique for a page, and the same when it is fetched again because its transaction was not committed."""
    request = job.request
    return f"{request.id}.{request.workout_id}.{job.began_ms}" if request.workout_id else f"{request.id}.{job.seq}"
