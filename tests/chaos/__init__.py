"""Chaos: the product in processes of its own, things killed by a seeded schedule, a verifier that trusts nobody.

    python -m tests.chaos [SCENARIO ...] [--seed N ...] [--seconds S] [--load] [--json] [--list]

Reading order: scenario (the nouns), scenarios (the table), faults (what can be done to whom), naps (between which two
calls a process can stop), stage (the processes), world and sender, watch (lag and recovery), reading and model (what is
and what ought to be), verify, sinks and sink_faults (a PostgreSQL beside it), report.
"""
