"""Records on Kafka: Avro bytes, registry, publishing, reading, topics as they are.

Import the file that you need; nothing is imported here, so that a command without Kafka does not pay for its clients.

    bytes      codec (a record as Avro, and back), avro_writer, avro_arrays
    registry   registry (check, register, resolve), subjects (one subject), writer_schemas (by id, for reading),
               registry_client
    writing    publisher (services), memory_publisher (no Kafka), send (commands)
    reading    reader (all of a topic), decoder (one value), lag (how far a group is behind), tail (for a person)
    topics     admin (plan, apply, check), topic_changes, admin_calls
    clients    clients, security, ping, refused (what Kafka refuses, as an error of ours)
"""
