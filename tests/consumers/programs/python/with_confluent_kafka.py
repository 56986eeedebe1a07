"""confluent-kafka and its AvroDeserializer: BOOTSTRAP REGISTRY GROUP TOPIC..."""

import sys

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from lines import Lines

bootstrap, registry, group, *topics = sys.argv[1:]
lines = Lines(topics)
handle = lines.show

# fmt: off
# docs: begin
decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))  # asks once for each schema id
consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                     "isolation.level": "read_committed", "enable.auto.offset.store": False})
consumer.subscribe(topics)
while not lines.over:
    message = consumer.poll(1.0)
    if message is not None and not message.error():  # `if message` would pass over null values
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        record = decode(message.value(), SerializationContext(topic, MessageField.VALUE))
        handle(topic, partition, offset, message.key(), record)  # your part; None: the row is deleted
        consumer.store_offsets(message)  # committed in the background, and never before handle() is through
# docs: end
# fmt: on
consumer.close()
