"""PostgreSQL: the clean topics as tables that answer questions (docs/sinks.md). Needs the extra `[postgres]`.

| what | file |
|---|---|
| Avro schema → table; records → columns of rows; the SQL for both. Pure | `tables/` |
| the connection; what PostgreSQL's errors mean | `connection`, `failures` |
| what is there against what is wanted; tables that grow with their schemas | `schema`, `shapes` |
| positions, moved in the transaction of the rows | `positions` |
| a batch's messages as records by topic; the rows of one topic | `intake`, `writer` |
| numbers of series and of what samples share; months of samples | `numbers`, `partitions` |
| which records of a batch PostgreSQL cannot hold | `carefully` |
| who is to be forgotten | `forgotten` |
| a batch as one transaction | `sink` |
| the process: `junction-streams sink postgres` | `service` |
| what people do and ask: `sink erase`, `rebuild`, `status`, `rejects` | `by_hand`, `erase`, `rebuild`, `overview` |

A transaction first moves the positions: that row lock is the fence between two processes, and whoever deletes rows
(`erase`, `rebuild`) waits for it. Only then rows are written.
"""
