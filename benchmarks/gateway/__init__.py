"""The gateway beside a hand-written one in Go: `python -m benchmarks gateway`, or `make bench-gateway`.

`deliveries` signed requests in a file · `wrk` plays them (`play.lua`) · `contestants` who is measured, and how each is
started (`peer/`) · `floor` what Python's server alone costs · `measure` one round · `table` medians.
"""
