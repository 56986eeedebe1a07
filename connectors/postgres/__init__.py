"""PostgreSQL: the clean topics as tables that answer questions (docs/sinks.md). Needs the extra `[postgres]`.

| what | file |
|---|---|
| Avro schema → table; records → columns of rows; the SQL for both. Pure | `tables/` |
| a connection; what PostgreSQL's errors mean; what runs as one statement | `connection`, `failures` |
| makes what is missing in the database, and knows what is there | `schema` |
| positions, moved in the transaction of the rows | `positions` |
| ids of series and of what samples share, months of samples | `series`, `months` |
| a batch as one transaction | `sink` |
| the process: `junction-streams sink postgres` | `service` |

A transaction first moves the positions: that row lock is the fence between two processes, and whoever deletes rows
(`erase`, `rebuild`) waits for it. Only then rows are written.
"""
