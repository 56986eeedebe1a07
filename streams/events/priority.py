"""Which records wait first when more comes than Kafka takes. Pure."""

_ALL = 1.0
# Of what may wait for Kafka: a record of this topic is taken up to there. Junction sends what is refused again, so the
# order decides who waits for minutes, not what is kept. Connections, labs and historical notices are few, others build
# on them, and they have the whole queue.
_SHARES = {"raw.timeseries": 0.5, "raw.summaries": 0.75, "raw.other": 0.75}


def queue_share(topic: str) -> float:
    """Up to which share of a full queue a record of this topic (short name) is taken. 1.0: as long as there is room."""
    return _SHARES.get(topic, _ALL)
