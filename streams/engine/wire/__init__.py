"""Transactions in Kafka's own words, with one request a broker for the records of all partitions."""
