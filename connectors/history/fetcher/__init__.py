"""`junction-streams fetcher`: fetches history over the API, page by page, each page exactly once.

It runs in the same engine as the worker, as a group of its own. Its source is `junction.fetch_jobs`; its table is the
queue of jobs. A call of the API runs beside the engine; its answer joins the next transaction: events into the raw
topics, the job's next step, and a word of progress, together or not at all.
"""

from connectors.history.fetcher.service import run

__all__ = ["run"]
