"""Records on Kafka: Avro bytes, registry, publishing, reading, topics as they are."""
