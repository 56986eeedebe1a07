"""Clean topics into PostgreSQL: ours beside Debezium's JDBC sink on Kafka Connect."""
