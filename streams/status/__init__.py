"""What a worker answers about one user, from its own tables.

- `view`: rows of the tables as plain values. Pure.
- `server`: the query API in a worker, which forwards to the user's worker.
- `client`: asks it, for `status` and for reconciliation.
"""
