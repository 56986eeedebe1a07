"""How long records wait whose schema the registry does not know. Pure."""

from streams.kafka import codec

WAIT_S = 60.0  # so long a registry may take to know a new schema; one of nobody must not hold the index up for good
IDS_MAX = 100  # of schemas that are waited for: whoever may write to a topic may name any number of them


class SchemaPatience:
    """Since when records of each schema wait. Outlives a reading that ended for one of them."""

    def __init__(self) -> None:
        self._since_s: dict[int, float] = {}

    def see(self, value: bytes, now_s: float) -> None:
        """Note the schema of a record that waits, itself or behind another one. `now_s`: monotonic."""
        if len(self._since_s) < IDS_MAX and (id := _id_in(value)) is not None:
            self._since_s.setdefault(id, now_s)

    def is_over(self, value: bytes, now_s: float) -> bool:
        """Whether a record whose schema is not known has waited long enough. `now_s`: monotonic."""
        self.see(value, now_s)
        since_s = self._since_s.get(_id_in(value) or 0)
        return since_s is None or now_s - since_s >= WAIT_S


def _id_in(value: bytes) -> int | None:
    try:
        return codec.schema_id(value)
    except ValueError:
        return None
