"""What a source and a sink are, and what all connectors need on their way.

| what | file |
|---|---|
| what every door does with one message: its record, on Kafka; the span of that | `intake`, `send_span` |
| what a source is; the loop: receive → intake → publish → acknowledge | `source`, `receiving` |
| how many messages wait in a source | `depth` |
| what a source's process holds, as metrics | `held` |
| what a sink is; the loop: read → write → commit; how far it is | `sink`, `drain`, `progress` |
| the pauses of both | `retry` |
| which records are refused while Kafka is slower than the senders | `queue` |
| which proxy stands between us and others | `proxies` |

A door that is called (HTTP) needs `Intake` alone, and acknowledges by its answer:

    reason = await Intake(settings, publisher, logger).accept(body, delivery)

A door that asks writes a `Source`: `receive` makes a `SourceMessage` of each message (body, `Delivery`, token),
`acknowledge`, `extend` and `release` give tokens back. Then:

    await ReceivingLoop(source, Intake(settings, publisher, logger), logger).run(stop)

A sink writes a `Sink`: `positions` reads them from the target, `write` moves rows and positions in one transaction:

    Drain(sink_consumer(settings, sink.name), topics, sink, logger).run(stop)

| source | token | acknowledge | extend | release |
|---|---|---|---|---|
| RabbitMQ, prefetch = `MESSAGES_MAX` | delivery tag | ack, multiple | nothing | nothing: a return counts |
| Pub/Sub, ordering key = user | ack id | acknowledge | ack deadline | deadline 0 |
| Event Hubs | partition, offset | checkpoint of each partition | nothing | nothing |

Two connectors use neither loop. `history` acknowledges a page in the engine's transaction together with its events, so
no page is there twice. `receivers` notifies people: nothing there keeps a position, so the group has to accept a commit
before each attempt, and partitions wait for nobody but themselves.
"""
