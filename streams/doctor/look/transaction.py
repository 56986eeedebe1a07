"""A transaction of our own producer: whether this login may have one, what the brokers speak, and Kafka's clock."""

from streams.doctor.judge import clock, cluster, transactions
from streams.doctor.judge.lines import Line
from streams.engine.wire.trial import try_transaction
from streams.ops.settings import Settings

PATIENCE_S = 10.0


def transaction(settings: Settings) -> list[Line]:
    """Begin and abort one under an id that no worker has."""
    tried = try_transaction(settings, PATIENCE_S)
    lines = [transactions.transactions(tried.refused, tried.step, is_silence=tried.is_silence)]
    if not tried.is_silence:
        lines += cluster.versions(tried.versions, tried.metadata_level)
    if tried.clock_ms is not None:
        tolerance_s = settings.signature_tolerance_s
        lines.append(clock.clock("Kafka", tried.clock_ms, tried.ours_ms, grain_ms=1, tolerance_s=tolerance_s))
    return lines
