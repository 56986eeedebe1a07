"""Each user's past: asked for, fetched, compared.

| what | file |
|---|---|
| what the command `fetch` does | `user_fetch` |
| requests, and their records for the queue | `fetch_requests` |
| the process that fetches, page by page | `fetcher/` |
| Junction's report against our data | `reconcile/` |
| whether Junction has anything of a day, for who asks why we have not | `day_question` |
| work on many users at once | `parallel` |
"""
