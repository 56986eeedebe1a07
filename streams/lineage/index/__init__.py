"""The index of lineage: a RocksDB of its own, made of the topics, asked in milliseconds.

rows        rows of deliveries, hours and their keys as bytes. Pure
beside      dead letters, alerts, links and histories as bytes. Pure
database    the files: one process at a time, damage, a full disk
store       the files with what is in memory of them
writer      what is added, and committed with its position
answers     what `known.Index` promises
forgotten   users whose rows are kept out, also of an index that is made again; `erasing`: what of them goes
opening     an index that a process keeps, filled from Kafka by a thread
peek        who a user is, by the files of an index that another process keeps
intake      the topics, read by that thread
temporary   an index that goes with who asked for it
"""
