"""What became of each delivery: the worker's rows, an index of them, and answers in sentences.

row       one lineage row: what the worker did with one raw record. Pure
columns   rows as the columns of a record of `junction.lineage`, and back. Pure
closing   what a worker emits at the end of each transaction, of the observations in its draft
data      the story of a user's data, `why` that of its absence. Pure. `data_asker` gathers what both need,
          `data_exits` says with what a command ends
"""
