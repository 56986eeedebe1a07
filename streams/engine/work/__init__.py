"""One transaction: its records, its commands to Kafka, which error ends what."""
