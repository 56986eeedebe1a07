"""Asks Kafka, the gateways and the index for what a story needs; what does not answer is a sentence in it.

delivery_asker   everything about one delivery, gathered into its story
places           records by their places, over consumers that stay open
raw_look         raw records and dead letters: still there, whose, signed by whom, and what a redrive would do
clean_look       clean records of a row, found by time
tail_look        raw topics behind what is committed, searched for an id
group_look       consumer groups: who has read a clean record; `group_history` by when
came_since       which of the refused have come again
doors            what gateways refused, and when they took nothing
heartbeats       when gateways took deliveries, as far as it is on record
open_data_asker  everything about a user's data: `data_asker` over the clients below
row_originals    raw records of many rows
waiting_look     what of a user's resource waits for a worker
"""
