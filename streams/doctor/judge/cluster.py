"""Which cluster it is, and whether its brokers speak what the product asks."""

from collections.abc import Mapping

from streams.ops.lines import Line, look_at, ok, wrong

# Key of the request → the version that we send, what it is for, and the Kafka that has had it since.
# By the `validVersions` and KIPs of Kafka's message definitions.
NEEDED: Mapping[int, tuple[int, str, str]] = {
    22: (3, "transactions whose producer can go on after an abort (KIP-360)", "2.5"),
    28: (3, "offsets in transactions with the group's generation (KIP-447)", "2.5"),
    11: (5, "members of a group that keep their partitions over a restart (KIP-345)", "2.3"),
    44: (0, "settings of topics changed one by one, for `topics apply` (KIP-339)", "2.3"),
    3: (10, "ids of topics (KIP-516)", "2.8"),
    2: (7, "the time of a topic's newest record (KIP-734)", "3.0"),
}
# `metadata.version`: the first level of each release, by Kafka's MetadataVersion.
_RELEASES = (
    *((7, "3.3"), (8, "3.4"), (9, "3.5"), (12, "3.6"), (15, "3.7"), (20, "3.8"), (21, "3.9")),
    *((22, "4.0"), (26, "4.1"), (28, "4.2"), (30, "4.3"), (31, "4.4")),
)


def cluster(cluster_id: str, brokers: int, controller: int | None, replication: int) -> list[Line]:
    """Of its description. `controller`: None where none is known."""
    said = "1 broker" if brokers == 1 else f"{brokers} brokers"
    lines = [ok("cluster", f"{cluster_id or 'without an id'}, {said}")]
    if controller is None:
        lines.append(look_at("cluster", "it names no controller", "look at the cluster: it may be choosing one"))
    if replication > brokers:
        few = f"STREAMS_REPLICATION is {replication}, and there are {said}"
        lines.append(wrong("cluster", few, "set STREAMS_REPLICATION to the number of brokers, or fewer"))
    return lines


def versions(spoken: Mapping[int, int], level: int | None) -> list[Line]:
    """Of what a broker says of itself. `spoken`: key of each request → newest version; `level`: `metadata.version`."""
    if not spoken:
        why = "look whether a proxy stands between: Kafka has answered this since 0.10"
        return [look_at("brokers", "the broker does not say which requests it speaks", why)]
    missing = [row for key, row in NEEDED.items() if spoken.get(key, -1) < row[0]]
    if not missing:
        found = f"speak all that is asked of them{f'; metadata.version {release(level)}' if level else ''}"
        return [ok("brokers", found)]
    return [
        wrong("brokers", f"do not have {what}", f"use brokers that speak Kafka {since} or newer")
        for _, what, since in missing
    ]


def release(level: int) -> str:
    """The release that brought a level of `metadata.version`."""
    newest, _ = _RELEASES[-1]
    found = [name for first, name in _RELEASES if first <= level]
    if not found:
        return f"level {level}"
    return f"newer than {found[-1]}" if level > newest else found[-1]
