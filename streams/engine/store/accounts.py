"""The check at every start: the offsets that the tables are made from against those that the group has committed.

They should be equal. Every difference is logged; one that would repeat or lose records is refused with a sentence.
"""

from collections.abc import Mapping, Sequence

from streams.engine.positions.ledger import Ledger, LedgerVerdict
from streams.engine.positions.slices import Source
from streams.engine.store.table import StateTable
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

ACCEPT = "`--accept-offsets`"

logger = log.get("recovery")


def read(tables: Sequence[StateTable], committed: Mapping[Source, int], ids: Mapping[str, str]) -> Ledger:
    """The ledger of the partitions of these sources, as the first table has it."""
    partitions = {partition for _, partition in committed}
    return Ledger(ids, {partition: tables[0].ledger_row(partition) for partition in partitions})


def behind(ledger: Ledger, committed: Mapping[Source, int]) -> bool:
    """Whether tables miss something that is committed."""
    return LedgerVerdict.TABLES_BEHIND in ledger.judge(committed).values()


def check(
    settings: Settings, tables: Sequence[StateTable], ledger: Ledger, committed: Mapping[Source, int], *, accept: bool
) -> list[Source]:
    """Log what differs, and return the sources that do. `accept`: the group's offsets count, whatever the tables say.

    Raises Misconfigured where tables miss commits, offsets belong to a topic that is gone, or the group has lost all of
    its offsets and an older version made the tables.
    """
    standings = ledger.judge(committed)
    odd = sorted(source for source, one in standings.items() if one not in (LedgerVerdict.EQUAL, LedgerVerdict.UNKNOWN))
    for source in odd:
        place = {
            "topic": source[0],
            "partition": source[1],
            "tables": ledger.offset(source),
            "group": committed[source],
        }
        logger.warning("offsets_differ", standing=standings[source], **place)
    if accept:
        ledger.forget(odd)
        return odd
    for source in odd:
        if standings[source] in (LedgerVerdict.TABLES_BEHIND, LedgerVerdict.OTHER_TOPIC):
            raise Misconfigured(
                _sentence(settings, source, standings[source], ledger.offset(source), committed[source])
            )
    _refuse_forgotten(settings, tables, ledger, committed)
    return odd


def _sentence(settings: Settings, source: Source, standing: LedgerVerdict, known: int, committed: int) -> str:
    place = f"{source[0]}[{source[1]}]"
    if standing is LedgerVerdict.OTHER_TOPIC:
        return (
            f"{source[0]} was made anew: the offsets of group {settings.group_id} are of the one before, and records "
            "would be passed over. Stop all workers and delete these offsets (`kafka-consumer-groups.sh "
            f"--delete-offsets`): it is then read from its beginning. Or set them by hand and start once with {ACCEPT}."
        )
    return (
        f"the tables are made from {place} up to offset {known}, but group {settings.group_id} has committed "
        f"{committed}: rows are missing, and what they know would be emitted again. Either a changelog lost records, "
        "or an older version of this program has worked in this group since, or somebody set the group's offsets "
        f"forward by hand; if it was one of the last two, start once with {ACCEPT}."
    )


def _refuse_forgotten(
    settings: Settings, tables: Sequence[StateTable], ledger: Ledger, committed: Mapping[Source, int]
) -> None:
    """Tables of an older version have no ledger: all that can be seen is whether they have rows."""
    for partition in sorted({partition for _, partition in committed}):
        mine = [source for source in committed if source[1] == partition]
        is_known = any(ledger.offset(source) >= 0 or committed[source] >= 0 for source in mine)
        if not is_known and any(table.has_rows(partition) for table in tables):
            raise Misconfigured(
                f"group {settings.group_id} has no offsets of partition {partition}, but the tables know of records: "
                "Kafka forgets the offsets of a group that was empty for offsets.retention.minutes. Everything that "
                "Kafka still has would be read again, and counted again. Set the group's offsets by hand, or start "
                f"once with {ACCEPT} to read from the beginning."
            )
