"""Other people's Kafka and Avro clients on our topics: `python -m tests.consumers`.

Each client gets topics of its own on a real Kafka: transactions of interleaved producers, committed and aborted, a
large aborted one, one aborted at the end, and one that stays open until the client has read all before it. The records
are of our schemas, written by our codec. A client is right when it shows exactly the committed ones, with their values.
"""
