"""Where a value comes from."""

from typing import NamedTuple


class Provenance(NamedTuple):
    """Enough to find the clean record and the raw record of a value."""

    provider: str = ""
    source_type: str = ""
    entity: str = ""  # id of a summary or a lab result, the resource of a backfill; "" for samples
    raw_topic: str = ""
    raw_partition: int = 0
    raw_offset: int = 0
