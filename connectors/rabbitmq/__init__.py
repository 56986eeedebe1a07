"""RabbitMQ, into which Junction's pipeline publishes: a door that asks.

`envelope`   properties and routing key → what is said of a message. Pure.
`source`     the messages of the queue, for the loop in `connectors.contract.receiving`.
`connection` one connection and channel; what is wrong with it as a sentence.
`wire`       what the client's library cannot read, and would end the connection for.
"""
