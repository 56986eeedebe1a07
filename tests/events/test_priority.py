from streams.events import queue_share, topics


def test_bulk_waits_first() -> None:
    """Time series are refused first, then summaries and the rest; connections, historical notices and labs last."""
    shares = {name: queue_share(name) for name in topics.RAW}
    assert shares["raw.timeseries"] < shares["raw.summaries"] == shares["raw.other"] < 1
    last = {name for name, share in shares.items() if share == 1}
    assert last == {"raw.connections", "raw.backfills", "raw.labs"}
    assert queue_share(topics.DEAD_LETTERS) == queue_share(topics.HEARTBEATS) == 1
