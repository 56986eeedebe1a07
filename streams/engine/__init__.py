"""Exactly once on Faust: every output, every state change and every source offset in one Kafka transaction.

Faust keeps membership, assignment and agents. Three seams are ours: the transport hands over slices of the log instead
of records, the unit of work commits them in librdkafka transactions, and the tables write RocksDB only behind the log.

    consumer thread ──slices──▶ agents ──▶ unit of work ──▶ transaction ──commit──▶ tables (RocksDB)
          ▲                                    │ hole, abort
          └────────────── seek ────────────────┘

The invariant that carries everything: the engine commits offset N of a partition only when it has itself processed
every slice from the committed offset up to N (`slices.py`).

Reading order: slices, draft (one floor below), step, work, transaction, blocking, window, unit, thread, transport,
table, restore, recovery, app.
"""
