"""What a demo's pipeline publishes into, on this machine: brokers that end with us.

`broker`      what is the same for each: a folder, a process, its end
`rabbitmq`    a real RabbitMQ, of the operating system's package
`pubsub`      a fake Pub/Sub: Google's own for tests, built by `go`
`event_hubs`  a look-alike of Azure Event Hubs: our Kafka behind its login
"""
