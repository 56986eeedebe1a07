"""How long records wait whose schema the registry does not know. Pure."""

from streams.kafka import codec

WAIT_S = 60.0  # so long a registry may take to know a new schema; one of nobody must not hold the index up for good
IDS_MAX = 100  # of schemas that are waited for: whoever may write to a topic may name any number of them


class SchemaPatience:
    """Since when records of each schema wait, and when one was met last. Outlives a reading that ended for one."""

    def __init__(self) -> None:
        self._waits: dict[int, tuple[float, float]] = {}

    def see(self, value: bytes, now_s: float) -> None:
        """Note the schema of a record that waits, itself or behind another one. `now_s`: monotonic."""
        id = _id_in(value)
        if id is None or not self._has_room(id, now_s):
            return
        since_s, met_s = self._waits.get(id, (now_s, now_s))
        is_another_wait = _is_long_ago(met_s, now_s) and met_s - since_s < WAIT_S  # else it was waited for in vain
        self._waits[id] = (now_s if is_another_wait else since_s, now_s)

    def _has_room(self, id: int, now_s: float) -> bool:
        if id in self._waits or len(self._waits) < IDS_MAX:
            return True
        oldest = min(self._waits, key=lambda one: self._waits[one][1])
        if not _is_long_ago(self._waits[oldest][1], now_s):
            return False
        del self._waits[oldest]
        return True

    def is_over(self, value: bytes, now_s: float) -> bool:
        """Whether a record whose schema is not known has waited long enough. `now_s`: monotonic."""
        self.see(value, now_s)
        wait = self._waits.get(_id_in(value) or 0)
        return wait is None or now_s - wait[0] >= WAIT_S

    def met_known(self, value: bytes) -> None:
        """A record was read: should the registry not know its schema one day, it is waited for anew."""
        if self._waits and (id := _id_in(value)) is not None:
            self._waits.pop(id, None)


def _is_long_ago(met_s: float, now_s: float) -> bool:
    return now_s - met_s > 2 * WAIT_S


def _id_in(value: bytes) -> int | None:
    try:
        return codec.schema_id(value)
    except ValueError:
        return None
