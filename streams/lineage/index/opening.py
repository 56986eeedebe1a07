"""An index that a process keeps: opened, filled from Kafka by a thread, asked by any.

with open_index(settings) as index:
    index.deliveries("msg_...")
"""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.lineage.index.answers import DiskIndex
from streams.lineage.index.database import own
from streams.lineage.index.forgotten import Forgotten, file_of, forget
from streams.lineage.index.intake.loop import IndexIntake, IndexState
from streams.lineage.index.store import IndexStore
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

ERASED_WITHIN_S = 600.0


class KeptIndex(DiskIndex):
    """`known.Index`, and how it is. Any thread may ask."""

    def __init__(self, settings: Settings, store: IndexStore, forgotten: Forgotten) -> None:
        self._intake = IndexIntake(settings, store, forgotten)
        self._folder = settings.lineage_dir
        super().__init__(store, self._intake.reach)

    def start(self) -> None:
        """From now on it is filled."""
        self._intake.start()

    def stop(self) -> None:
        """It is filled no longer; what is there can be asked."""
        self._intake.stop()

    def state(self) -> IndexState:
        """Why it does not go on, if so; how much of what Kafka has it has read; how large it is."""
        return self._intake.state()

    def forget(self, user_id: str) -> bool:
        """Delete all that is known of a user, and keep it out for good; whether the deletion is done.

        Where it is not (Kafka or the disk does not answer), it comes with the next step that the index makes. Sums of
        hours stay: they name nobody. Raises Misconfigured where the list of who is forgotten cannot be written.
        """
        forget(file_of(self._folder), user_id)
        return self._intake.care.erase_now(ERASED_WITHIN_S)


@contextmanager
def open_index(settings: Settings) -> Iterator[KeptIndex]:
    """The index in STREAMS_LINEAGE_DIR, kept up to date until the block ends. Kafka may be away.

    Raises Misconfigured where another process has it, the folder cannot be used, or no lineage is written; IndexFull.
    """
    if not settings.lineage_days:
        raise Misconfigured("STREAMS_LINEAGE_DAYS is 0: workers write no lineage, and there is nothing to keep")
    with own(settings.lineage_dir):
        store = IndexStore(settings.lineage_dir)
        try:
            index = KeptIndex(settings, store, forgotten_of(settings))
            index.start()
            try:
                yield index
            finally:
                index.stop()
        finally:
            store.close()


def forgotten_of(settings: Settings) -> Forgotten:
    """Who is kept out of any index, also of one that is made for one question. Raises Misconfigured."""
    return Forgotten(file_of(settings.lineage_dir))


def forget_user(settings: Settings, user_id: str) -> None:
    """Put a user on the list of who is forgotten, whoever keeps the index: a process that runs erases within a minute,
    and otherwise the next one that opens it. Raises Misconfigured where the list cannot be written."""
    forget(file_of(settings.lineage_dir), user_id)
