"""What a worker answers about one user, from its own tables.

- `view`: rows of the tables as plain values. Pure.
- `server`: the query API in a worker. `access`: who may ask. `forwarding`: asks the user's own worker.
- `client`: asks it, for `status` and for reconciliation.
"""
