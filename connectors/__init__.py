"""Every system outside Kafka, one folder each, in or out.

| folder | system |
|---|---|
| `webhook` | Junction's webhooks, over HTTP |
| `junction` | Junction's API: the client |
| `history` | Junction's API: each user's past, fetched and compared |
| `receivers` | where alerts are delivered |
| `contract` | what connectors share |
"""
