"""`junction-streams fetcher`: fetches history over the API, page by page, each page exactly once.

It runs in the same engine as the worker, in a consumer group of its own. Its source is `junction.fetch_jobs`, its table
the queue of jobs. A call of the API runs beside the engine; its outcome joins the next transaction: events into the raw
topics, the job's next step and a record of progress, together or not at all. A loop that
publishes a page and acknowledges it afterwards could repeat one.

| what | file |
|---|---|
| the process | `service`, with `reconcile_schedule` |
| which job is next, and how many calls run | `scheduler` |
| one call, its page or its failure | `page_fetcher`, `api_pages`, `outcome`, `clock_skew` |
| what a page changes | `transaction`, `page_events`, `workout_events` |
"""
