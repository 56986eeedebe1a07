"""Fetching history: requests, jobs, their progress, and what has been received. Pure values and rules, no I/O.

request    what to fetch, of whom, from when to when: a record that workers and people write
windows    how a range is cut into calls
job        one request being fetched: what is left, and what follows from each answer
queue      jobs as rows of a table, in the order in which they may go on
progress   how far a job is: a record that fetchers write
backfills  what a worker knows of one resource's history: notices, progress, rows processed
outage     how long our own gateway was away, where that can cost events
"""

from streams.tables.history.backfills import Backfill, BackfillStatus, HistoryNotice, ProcessedRows
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.outage import Outage
from streams.tables.history.progress import JobProgress
from streams.tables.history.queue import Heads
from streams.tables.history.request import RANGELESS, Priority, Request, Why, new_id
from streams.tables.history.windows import Span

__all__ = [
    "RANGELESS",
    "Backfill",
    "BackfillStatus",
    "Heads",
    "HistoryNotice",
    "Job",
    "JobProgress",
    "JobStatus",
    "Outage",
    "Priority",
    "ProcessedRows",
    "Request",
    "Span",
    "Why",
    "new_id",
]
