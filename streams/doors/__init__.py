"""What came through which door, compared: what Junction has sent by two ways at once, event by event.

A team that moves from webhooks to a pipeline has Junction send everything by both. Bodies are never kept: of each
record there is a row of 48 bytes.

- `names`: the doors that are compared.
- `fingerprint`: the same event has the same digest, whichever door brought it. Pure.
- `sightings`: one row for each record, compact. Pure.
- `matching`: which rows are one event; whose rows have to be looked at again. Pure.
- `judging`: what it means that a door lacks an event: late, missing, history, too young to say. Pure.
- `history`: what of it is history that only a pipeline brings. Pure.
- `folding`: whether a missing event would change what is known of its entities. Pure.
- `report`: what is told of two doors; `misses`: what of the missing matters, by ids. Pure.
- `raw_records`: a record of a raw topic as the files above take it. Pure.
- `remembering`: some of the records that were read, so that few are read twice. Pure.
- `compare`: puts all of that together. Pure but for the log that it is given.
- `kafka_log`: the raw topics on Kafka.
"""
