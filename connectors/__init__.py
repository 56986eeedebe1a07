"""Every system outside Kafka, one folder each, in or out."""
