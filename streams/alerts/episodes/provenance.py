"""Where a value was reported."""

from typing import NamedTuple


class Provenance(NamedTuple):
    """Where something is said: enough to find the clean record, and the stored original."""

    provider: str = ""
    source_type: str = ""
    entity: str = ""  # id of a summary or a lab result, the resource of a backfill; "" for samples
    raw_topic: str = ""
    raw_partition: int = 0
    raw_offset: int = 0
