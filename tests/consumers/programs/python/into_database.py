"""Steps into a table, each sample as if it had come once: BOOTSTRAP REGISTRY GROUP DATABASE TOPIC.

Prints a line between the commit of the database and that of the offsets: the worst moment to be killed.
"""

import sqlite3
import sys
from datetime import UTC, datetime

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

bootstrap, registry, group, path, topic = sys.argv[1:]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CREATE = """
CREATE TABLE IF NOT EXISTS steps (user_id TEXT, provider TEXT, source_type TEXT, time_us BIGINT, value REAL,
    kafka_offset BIGINT, PRIMARY KEY (user_id, provider, source_type, time_us));
CREATE TABLE IF NOT EXISTS writes (time_us BIGINT);
CREATE TRIGGER IF NOT EXISTS made AFTER INSERT ON steps BEGIN INSERT INTO writes VALUES (NEW.time_us); END;
CREATE TRIGGER IF NOT EXISTS changed AFTER UPDATE ON steps BEGIN INSERT INTO writes VALUES (NEW.time_us); END;
"""  # writes: for the test, which asks how often a row was written
settings = {"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"}
settings |= {"isolation.level": "read_committed", "enable.auto.commit": False}
settings |= {"session.timeout.ms": "6000"}  # so that the next one need not wait long for the partitions of a killed one

# fmt: off
# docs: begin
UPSERT = """INSERT INTO steps (user_id, provider, source_type, time_us, value, kafka_offset) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (user_id, provider, source_type, time_us) DO UPDATE
SET value = excluded.value, kafka_offset = excluded.kafka_offset
WHERE excluded.kafka_offset > steps.kafka_offset"""  # what comes again, or too late, changes nothing


def write(database, offset, record):
    who = record["user_id"], record["source"]["provider"], record["source"]["type"]
    for time, value in zip(record["times"], record["values"], strict=True):
        micros = (time - EPOCH) // EPOCH.resolution  # not timestamp(): a float rounds
        database.execute(UPSERT, (*who, micros, value, offset))
# docs: end
# fmt: on


def main() -> None:
    decode = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    database = sqlite3.connect(path)
    database.executescript(CREATE)
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    is_over = False
    while not is_over:
        messages = [message for message in consumer.consume(5, 1.0) if not message.error()]
        with database:
            for message in messages:
                write(
                    database, message.offset(), decode(message.value(), SerializationContext(topic, MessageField.VALUE))
                )
                is_over = is_over or message.key() == b"end"
        print(len(messages), flush=True)
        if messages:
            consumer.commit(asynchronous=False)
    consumer.close()


main()
