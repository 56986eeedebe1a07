"""How every client of Kafka and of the registry logs in: one place that reads those settings.

| what | file |
|---|---|
| settings for clients of librdkafka: the gateway's producer, consumers, AdminClient | `librdkafka` |
| settings for aiokafka: the worker's consumer, its transactional producer | `aiokafka` |
| its connections, which log in again before their session ends | `sessions` |
| settings for the registry's client | `registry` |
| one token for all clients of a process, fetched before it ends | `tokens`, `source` |
| where tokens come from: an OAuth server, Azure, AWS | `oauth`, `oauth_errors`, `signing_key`, `msk` |
"""
