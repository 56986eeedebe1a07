"""Tables as values: what an Avro schema becomes, the SQL that makes it, and a batch of records as columns. Pure.

| what | file |
|---|---|
| a table and its columns | `table` |
| fields of an Avro schema as columns; how a column is read from records | `avro_columns` |
| which table a topic has: its key, and what says which of two rows is newer | `layout` |
| samples: their tables, series, months, views | `sample_layout`, `months` |
| SQL: tables and comments; statements that write | `ddl`, `statements`, `sql` |
| columns as PostgreSQL's binary arrays | `binary` |
| records as columns, the newest row of each key alone | `rows`, `sample_rows` |
"""
