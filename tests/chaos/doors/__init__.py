"""`python -m tests.chaos.doors`: doors that ask are killed, and what they ask goes away, under load.

The verifier looks at Kafka alone: each message whose publishing was confirmed has to be there, byte for byte, and
nothing else. Repetitions are counted: they are for the worker to drop.

| what | file |
|---|---|
| what a pipeline is to this | `pipeline`, and a file for each transport |
| the load | `load` |
| what is done | `acts` |
| Kafka, a pipeline and its door | `stage` |
| what is wrong | `verdict` |
"""
