"""Exactly once on Faust: every output, every state change and every source offset in one Kafka transaction.

Faust keeps membership, assignment and agents. Three parts are ours: the transport delivers slices of the log instead of
records, the unit of work commits them in Kafka transactions, and the tables write RocksDB only after the log.

    consumer thread ──slices──▶ agents ──▶ unit of work ──▶ transaction ──commit──▶ tables (RocksDB)
          ▲                                    │ hole, abort
          └────────────── seek ────────────────┘

The invariant that carries everything: the engine commits offset N of a partition only when it has itself processed
every slice from the committed offset up to N (`positions/slices.py`).

    positions   where the log is read, and what that means: slices (cursors), ledger, ends, owners. Pure.
    store       tables on disk: database, table, state_dir; restore and recovery after an assignment
    work        one transaction: unit (its face), pipeline (when it commits), committer, calls, step, producer, aborts
    wire        a transaction in Kafka's own words: one request a broker for all partitions
    faust       Faust and aiokafka bent to that: app, run, transport, thread, records, assignor; versions checks them

Other rooms use `faust.run` (run, Plan, App), `work.unit` (UnitOfWork) and `wire.trial` (a transaction that is tried).

Reading order: positions.slices, tables.draft (one room below), work: step, transaction; wire: batches, client; work:
producer, blocking, window, committer, pipeline, unit; faust.thread, faust.transport; store: table, restore, recovery;
faust.app, faust.run.
"""
