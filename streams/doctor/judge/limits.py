"""What the brokers and our topics allow, beside what the settings ask for."""

from collections.abc import Mapping

from streams.events.times import DAY_MS, MINUTE_MS
from streams.ops.lines import Line, look_at, ok, size, some, wrong

ABOUT = "limits"
RECORD = "STREAMS_RECORD_BYTES_MAX"


def records(topics: Mapping[str, int], broker_bytes_max: int | None, ours: int) -> list[Line]:
    """The largest record. `topics`: name → `max.message.bytes` of those that are there.

    `broker_bytes_max`: the brokers' `message.max.bytes`, None where they do not say. A topic's own goes before it.
    """
    small = {name: limit for name, limit in topics.items() if limit < ours}
    if small:
        least = min(small.values())
        change = f"run `junction-streams topics apply`, or set {RECORD}={least} where Kafka allows no more"
        return [wrong(ABOUT, f"{some(small)}: records of {size(least)}, and ours may have {size(ours)}", change)]
    if topics:
        return [ok(ABOUT, f"records of {size(ours)} fit into all {len(topics)} topics")]
    if broker_bytes_max is not None and broker_bytes_max < ours:
        found = f"the brokers' own limit is {size(broker_bytes_max)} a record, and {RECORD} is {size(ours)}"
        return [look_at(ABOUT, found, "`topics plan` says whether topics may have more than the brokers")]
    return []


def transaction_timeout(most_ms: int | None, ours_ms: int) -> list[Line]:
    """`most_ms`: the brokers' `transaction.max.timeout.ms`, None where they do not say."""
    if most_ms is None or most_ms >= ours_ms:
        return []
    return [
        wrong(
            ABOUT,
            f"the brokers end transactions after {most_ms} ms, and ours may take {ours_ms} ms",
            f"set the brokers' transaction.max.timeout.ms to {ours_ms} or more",
        )
    ]


def offsets_kept(minutes: int | None, raw_days: int) -> list[Line]:
    """For how long a group that stands still is remembered: `offsets.retention.minutes`, beside the raw topics."""
    if minutes is None:
        return []
    days = minutes * MINUTE_MS / DAY_MS
    if days >= raw_days:
        return [ok(ABOUT, f"offsets of a stopped group stay {days:.0f} days, raw events {raw_days}")]
    return [
        look_at(
            ABOUT,
            f"Kafka forgets a group's offsets {days:.0f} days after its last member left, and raw events stay "
            f"{raw_days} days",
            f"set the brokers' offsets.retention.minutes to {raw_days * DAY_MS // MINUTE_MS}; until then stop workers "
            f"for less than {days:.0f} days (afterwards a worker goes on from its tables, a notifier begins anew)",
        )
    ]


def copies(replication: Mapping[str, int], in_sync: Mapping[str, int], brokers: int) -> list[Line]:
    """`replication`: topic → copies that there are; `in_sync`: topic → its `min.insync.replicas`."""
    stuck = [name for name, least in in_sync.items() if least > replication.get(name, least)]
    if stuck:
        found = f"{some(stuck)}: min.insync.replicas above the number of copies, so that nothing can be written"
        return [wrong(ABOUT, found, "run `junction-streams topics apply`")]
    alone = [name for name, count in replication.items() if count == 1]
    if alone and brokers > 1:
        found = f"{len(alone)} of {len(replication)} topics have one copy, on {brokers} brokers: {some(alone)}"
        change = "a broker that is lost takes events with it: set STREAMS_REPLICATION=3 before `topics apply`"
        return [look_at(ABOUT, found, change)]
    if alone:
        return [look_at(ABOUT, "every record has one copy: right for trying, not for production", "use 3 brokers")]
    if replication:
        least = min(replication.values())
        return [ok(ABOUT, f"each record has {least} copies or more")]
    return []
