"""Tables as values: what an Avro schema becomes, the SQL that makes it, and a batch of records as columns. Pure.

| what | file |
|---|---|
| a table and its columns | `table` |
| fields of an Avro schema as columns; how a column is read from records | `avro_columns` |
| which table a topic has: its key, and what says which of two rows is newer | `layout` |
| samples: numbers in common tables, readings in a table of their resource; months | `samples`, `readings`, `months` |
| the sink's own tables | `own` |
| which of several sources counts: views, and the table by which a team ranks | `priority` |
| SQL: tables and comments, and what is missing | `ddl`, `migration`, `sql` |
| SQL: statements that write, and that delete | `statements`, `deletions` |
| columns as PostgreSQL's binary arrays; values as texts | `binary`, `json_text` |
| records as columns, the newest row of each key alone | `rows`, `sample_rows` |
"""
