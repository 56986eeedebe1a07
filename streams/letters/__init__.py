"""What can never be processed: why, what would become of it now, and how it goes back.

- `explain`: what a worker makes of a body, without state. Pure.
- `letter`: a dead letter as a value, and filters. Pure.
- `returns`: the raw record that a letter becomes. Pure.
- `shapes`: paths and kinds of a body, without its values. Pure.
- `topic_reader`: letters, and marks of redriven ones, from Kafka.
- `redrive`: puts letters back, in transactions.
"""
