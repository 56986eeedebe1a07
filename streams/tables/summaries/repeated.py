"""What of a summary is kept beside its content, so that its record can be emitted again."""

from typing import Any

import msgspec

from streams.payloads import Source
from streams.tables.sources import Maker


class RepeatFields(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What a summary's record has beside its version. `day`: "" where sources are not compared.

    `fields`: those that are not None. The shape is that of rows of format 2, whose fields lack what their content has.
    """

    day: str
    source: Source
    client_user_id: str
    team_id: str
    event_type: str
    delivery_id: str
    door: str
    origin: str
    backfill_id: str
    created_ms: int | None
    received_ms: int | None
    fields: dict[str, Any]
    unknown_fields: str | None
    problems: list[str]

    @property
    def maker(self) -> Maker:
        return Maker(self.source.provider, self.source.type)
