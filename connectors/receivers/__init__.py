"""Bringing alerts to somebody: webhooks that any Svix library verifies, Alertmanager, the log.

    receivers   who gets what, from the settings
    posts       what is sent, signed: pure
    bring       one step of an alert to one receiver, with retries and a record of each attempt
    claims      before each attempt: the group confirms that the alert is still ours to bring
    lane        one receiver's way through the topic, partition by partition
    service     the process: reads `junction.alerts`, each receiver at its own pace

Guarantee: at least once for each receiver, in order for each user. Offsets are committed only behind what was delivered
or given up. Every attempt carries the same idempotency key, so that a receiver can tell a repetition. A request that is
under way while its partition goes to somebody else may arrive behind theirs; no further one is made.
"""
