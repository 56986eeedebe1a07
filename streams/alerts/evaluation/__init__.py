"""Rules judged on records and on time: what changes for one user."""
