"""Reconciliation: what Junction reports of a user, against what we have.

| what | file |
|---|---|
| users and resources, as Junction lists them | `junction_users`, `reports` |
| the comparison and its verdicts | `compare`, `findings` |
| what follows: records, requests | `records`, `missing` |
| one user, or all | `reconciler`, `scheduled_run` |
"""
