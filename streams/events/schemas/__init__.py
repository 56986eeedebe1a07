"""The Avro schemas: their fields, what was released, what may change. Pure."""
