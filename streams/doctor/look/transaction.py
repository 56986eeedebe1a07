"""A transaction of our own producer: whether this login may have one, what the brokers speak, and Kafka's clock."""

from streams.doctor.judge import cluster, transactions
from streams.engine.wire.trial import try_transaction
from streams.events.parts import USES, Part, owner
from streams.ops import clocks
from streams.ops.lines import Line
from streams.ops.settings import Settings

PATIENCE_S = 10.0


def transaction(settings: Settings, part: Part | None) -> list[Line]:
    """Begin and abort one under an id that no worker has. For a process without transactions: what else it tells."""
    group = owner(part or Part.WORKER, settings.group_id)
    tried = try_transaction(settings.model_copy(update={"group_id": group}), PATIENCE_S)
    lines = []
    if part is None or USES[part].transactions is not None:
        lines.append(transactions.transactions(tried.refused, tried.step, is_silence=tried.is_silence))
    if not tried.is_silence:
        lines += cluster.versions(tried.versions, tried.metadata_level)
    if tried.clock_ms is not None:
        tolerance_s = settings.signature_tolerance_s
        lines.append(clocks.clock("Kafka", tried.clock_ms, tried.ours_ms, grain_ms=1, tolerance_s=tolerance_s))
    return lines
