"""The demo of `--manage`: our webhook at a fake Junction that really delivers, under control while events flow.

Made from webhooks.toml, its secret turned under load with two gateways, both gateways away for a (compressed) day,
what was missed recovered; then every event that was sent is looked for in Kafka.
"""
