"""The sink's own tables: where it stands, what could not be written, who asked to be forgotten."""

from connectors.postgres.tables.avro_columns import TIME
from connectors.postgres.tables.table import Column, SqlTable

POSITIONS = SqlTable(
    "sink_positions",
    "Where the sink stands in each partition; moved in the transaction of the rows.",
    (
        Column("sink", "text", "Name of the sink: STREAMS_POSTGRES_SINK.", True),
        Column("topic", "text", "Full name of the topic.", True),
        Column("partition", "integer", "Number of the partition.", True),
        Column("next_offset", "bigint", "The first offset that is not written.", True),
        Column(
            "generation", "integer", "Raised by whoever moves a position by hand: a sink that runs reads it anew.", True
        ),
        Column("rows", "bigint", "Rows that came so far, a sample is one; what comes again counts again.", True),
        Column("committed_at", TIME, "When the position moved last."),
    ),
    key=("sink", "topic", "partition"),
)
REJECTS = SqlTable(
    "sink_rejects",
    "Records that PostgreSQL cannot hold, or nobody can read. No values: the record stands on its topic.",
    (
        Column("topic", "text", "Full name of the topic.", True),
        Column("partition", "integer", "Its partition.", True),
        Column("record_offset", "bigint", "Its offset.", True),
        Column("reason", "text", "Why: a sentence without values."),
        Column("rejected_at", TIME, "When.", True),
    ),
    key=("topic", "partition", "record_offset"),
)
ERASED = SqlTable(
    "erased",
    "Users who are to be forgotten: what was delivered before stays away, also when topics are read again.",
    (Column("user_id", "text", "Junction user.", True), Column("at", TIME, "When.", True)),
    key=("user_id",),
)
TABLES = (POSITIONS, REJECTS, ERASED)
