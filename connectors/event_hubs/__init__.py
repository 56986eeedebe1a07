"""Azure Event Hubs over its Kafka endpoint, into which Junction's pipeline sends by AMQP: a door that asks.

`amqp_values`  the value of a header, as AMQP 1.0 writes it or as plain text → a text. Pure.
`envelope`     headers, key and time of a record → what is said of a message. Pure.
`access`       the connection string → where it is, how to log in; what is wrong with it as a sentence.
`placing`      where a partition begins: at what was committed, or at the oldest, and what was lost between.
`source`       the messages of the hub, for the loop in `connectors.contract.receiving`.
`standing`     what is there, without reading anything.
`checking`     what of that is wrong, for `source check`. Pure but for its first function.
`from_file`    a message from a file, for `source explain`.
"""
