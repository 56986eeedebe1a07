"""Everything on one machine, seen working and checked against the simulator's truth.

`run` is the command `demo`; `cluster` starts a real Kafka and a schema registry.
"""
