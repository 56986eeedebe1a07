"""The worker: one fold for each topic that it reads, the steps they share, and the sweeps between records.

Folds are glue: rules live in the pure rooms below. They do not know each other, and meet in topics and tables.

- `connections`, `backfills`, `summaries`, `timeseries`, `labs`, `other`: an agent for each raw topic, which is a table
  from family to step.
- `progress`: what the fetchers have got. `alerts`: rules behind the other folds, and users' own bounds.
- `steps`: what folds share. `sweeps`: what goes on between records.
- `assembly`: all folds of a worker, and what it does between records. `worker`: starts them in the engine.
"""
