"""The whole product under steady load: `python -m benchmarks load`, or `make bench-load`.

`bodies` what is sent, made beforehand · `stand` Kafka, gateway, workers, reader · `peer` others' parts in their place ·
`client/` sends and reads (Go) · `step` one rate for a while · `receipts` when the gateway had each event · `seen` when
the reader saw what came of it · `latency` both joined · `use` CPU, memory and transactions in between · `table` and
`plot` the figures.
"""
