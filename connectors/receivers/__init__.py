"""Alerts delivered to people: webhooks that any Svix library verifies, Alertmanager, the log.

    receiver         who gets which alerts, from the settings
    http_request     what is sent, signed; pure
    delivery_record  the record of an attempt; pure
    sender           one alert record to one receiver, with retries
    ownership        before each attempt: the group confirms that the partition is still ours
    consumer         reads the topic for one receiver, partition by partition
    notifier         the process: each receiver at its own pace

Delivery is at least once for each receiver, in order for each user. An offset is committed when its alert is delivered
or given up. Every attempt has the same idempotency key, by which a receiver recognises a repetition. A request that is
under way while its partition moves to another process may arrive after theirs; no further one is made.
"""
