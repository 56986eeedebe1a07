"""What a worker answers about one user, from its own tables; and how workers and gateways are asked.

- `view`: rows of the tables as plain values. Pure.
- `server`: the query API in a worker. `access`: who may ask. `forwarding`: asks the user's own worker.
- `asking`: the one client. `client`: asks workers, for `status` and for reconciliation. `gateways`: asks gateways what
  they refused.
"""
