"""Reconciliation: what Junction says that it has of a user, against what we have."""
