"""A fetcher of its own process whose API is made up: every page is a function of what is asked.

Settings come from the environment. TROUBLE: share of calls that meet trouble; SLOW_S: how long a call takes; ROWS: how
many rows a page claims to hold.
"""

import asyncio
import json
import os
import random
import time

from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.scheduler import Scheduler
from connectors.history.fetcher.transaction import enqueue
from streams.engine.faust import run as engine
from streams.events import topics
from streams.events.types import Record
from streams.ops import log
from streams.ops.settings import Settings
from streams.tables.draft import Draft
from streams.tables.history import request as requests
from streams.tables.history.job import Job

PAGES = 3  # of each window


def body_of(job: Job) -> bytes:
    """One event that names the page it stands for."""
    request, call = job.request, job.call
    page = {"id": f"{request.resource}/{call.span}/{call.cursor or 0}", "source": {"provider": request.provider}}
    event = {"event_type": f"daily.data.{request.resource}.created", "user_id": request.user_id, "data": page}
    return json.dumps(event).encode()


def made_up(trouble: float, slow_s: float, rows: int):
    """An API that answers PAGES pages a window, after a while, and sometimes not."""
    chance = random.Random(os.getpid())

    async def ask(job: Job) -> FetchedPage | FetchFailure:
        began_ms = int(time.time() * 1000)
        await asyncio.sleep(slow_s * chance.random())
        if chance.random() < trouble:
            return FetchFailure("unavailable")
        page = int(job.call.cursor or 0) + 1
        return FetchedPage([body_of(job)], rows, str(page) if page < PAGES else "", began_ms)

    return ask


def main() -> None:
    settings = Settings()
    log.configure(settings.log_level, as_json=True)
    prefix = settings.topic_prefix
    ask = made_up(
        float(os.environ.get("TROUBLE", "0")), float(os.environ.get("SLOW_S", "0.05")), int(os.environ.get("ROWS", "1"))
    )
    scheduler = Scheduler(prefix, ask, 8, lambda share: None, settings.partitions)

    def fold(record: Record, draft: Draft) -> None:
        enqueue(draft, prefix, requests.decode(record.value or b""))

    folds = {f"{prefix}.{topics.FETCH_JOBS}": fold}
    own = settings.model_copy(update={"group_id": topics.fetch_group(settings.group_id)})
    engine.run(own, engine.Plan(folds, topics.FETCH_TABLES, scheduler.punctuate, scheduler.opened))


if __name__ == "__main__":
    main()
