"""Everything on one machine: a real Kafka and registry, the product on it, checked against the simulator's truth.

`run` is the command `demo`: `startup` starts the `stack` (`kafka`, `processes`), `sender` delivers a world, `watch` and
`history` read what becomes of it, `quiet` says when all is through, `findings` compares (`letters`, `alarms`), `screen`
shows. `cluster` is Kafka and the registry alone, for `up` and the tests; `running` is how other commands find either.
"""
