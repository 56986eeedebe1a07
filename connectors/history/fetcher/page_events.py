"""The records of a page on the raw topics. Pure."""

import time
from collections.abc import Iterator

from connectors.history.fetcher.outcome import FetchedPage
from streams.events import topics
from streams.events.headers import Delivery, Headers, Origin, cloud_headers
from streams.events.identity import identify
from streams.events.record_keys import raw_key
from streams.tables.history import Job, Why

DOOR = "api"


def page_events(job: Job, page: FetchedPage, now_ms: int) -> Iterator[tuple[str, bytes, bytes, Headers]]:
    """(raw topic, key, body, headers) of each event, as the webhook's gateway would store it. Raises Rejected."""
    # The delivery time is that of the call: what a webhook delivered since then is newer.
    # The stream of a workout that was just delivered belongs to no backfill.
    is_live = job.request.why is Why.STREAM
    history = (Origin.INCREMENTAL, "") if is_live else (Origin.HISTORICAL, job.request.id)
    for n, body in enumerate(page.bodies):
        identity = identify(body)
        times = rfc3339(page.began_ms), rfc3339(now_ms)
        delivery = Delivery(f"{page_id(job)}.{n}", DOOR, job.request.provider, *times, *history)
        headers = cloud_headers(identity, delivery)
        yield topics.raw_topic(identity.type), raw_key(identity), body, headers


def page_id(job: Job) -> str:
    """Unique for a page, and the same when it is fetched again because its transaction was not committed."""
    request = job.request
    return f"{request.id}.{request.workout_id}.{job.began_ms}" if request.workout_id else f"{request.id}.{job.seq}"


def rfc3339(ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03}Z"
