"""Everything that can be found out about one delivery, gathered from index, Kafka and gateways into its story."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from streams.events.times import DAY_MS
from streams.lineage.asking.clean_look import CleanRecords
from streams.lineage.asking.group_look import Groups
from streams.lineage.asking.places import Places
from streams.lineage.asking.raw_look import Originals, Prove, RawLook
from streams.lineage.asking.tail_look import Tail
from streams.lineage.delivery.absence import is_over
from streams.lineage.delivery.delivery_ids import DeliveryId, IdForm, delivery_id
from streams.lineage.delivery.facts import (
    Arrival,
    DeliveryFacts,
    DoorLook,
    Heartbeats,
    LetterSeen,
    NotKnown,
    RawPlace,
    known,
)
from streams.lineage.delivery.other_ids import with_forms
from streams.lineage.delivery.put_back import put_back
from streams.lineage.delivery.story_of_delivery import story_of
from streams.lineage.known import DeadLetter, Index, Reach, margin_ms
from streams.lineage.row import LineageRow
from streams.lineage.telling import Story
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings

ARRIVALS_MAX = 10  # of one id; the newest are told
LETTERS_MAX = 10  # likewise, and those of these arrivals: each is read, to say what a redrive would do
CATCH_UP_S = 5.0
CLOCKS_MS = 60_000  # Kafka may take a letter so long after its row was written
LOOKS_S = 2.0  # an index looks once a second where its topic ends, and then has to read
_STEP_S = 0.02

Refusals = Callable[[str], DoorLook]  # of a delivery id; may raise Unavailable, Misconfigured
Beats = Callable[[int], Heartbeats]  # around a time, Unix ms; may raise Unavailable, Misconfigured
Portal = Callable[[], str]  # address of Junction's Svix portal; may raise Unavailable, Misconfigured
Answer = TypeVar("Answer")
NO_GATEWAYS = "what gateways refused is not known: no gateway is named, set STREAMS_CONSOLE_GATEWAYS"


class DeliveryAsker:
    """Answers in milliseconds, over clients that stay open. Safe to be used by several threads. `close` it.

    `prove`: what is proved of a stored record (`events/proof`), with secrets that only gateways' settings have.
    `refusals`, `heartbeats`, `portal`: None where nobody can be asked. `watch_groups_s`: look so often where consumer
    groups are, to say by when one had read a record; 0: never.
    """

    def __init__(
        self,
        settings: Settings,
        index: Index,
        *,
        prove: Prove | None = None,
        refusals: Refusals | None = None,
        heartbeats: Beats | None = None,
        portal: Portal | None = None,
        watch_groups_s: float = 0.0,
    ) -> None:
        """Raises Misconfigured where no Kafka is named."""
        self._settings, self._index = settings, index
        self._refusals, self._heartbeats, self._portal = refusals, heartbeats, portal
        self._places = Places(settings)
        self._originals = Originals(settings, self._places, prove)
        self._clean = CleanRecords(settings, self._places)
        self._groups = Groups(settings, watch_groups_s)
        self._tail = Tail(settings, self._places)
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="delivery")

    def story(self, text: str, *, show_values: bool = False) -> Story:
        """What became of the delivery with this id. `show_values`: clean records are decoded into it.

        Raises Misconfigured where the text is no id; nothing else, whoever does not answer: then the story says it.
        """
        id = delivery_id(text)
        if id.form is IdForm.PROBE:
            return story_of(self._nothing(id))
        door = self._pool.submit(self._door, id)
        facts = self._of_rows(id, show_values=show_values)
        if is_open(facts):
            facts = self._of_tail(facts, show_values=show_values)
        facts = self._with_absence(replace(facts, door=door.result()))
        return with_forms(facts, story_of(facts))

    def close(self) -> None:
        """Waits for stories under way."""
        self._pool.shutdown(wait=True)
        for one in (self._groups, self._tail, self._places):
            one.close()

    def _nothing(self, id: DeliveryId) -> DeliveryFacts:
        reach = Reach(first_ms=0, as_of_ms=0, behind_s=0)
        days = self._settings.raw_retention_days
        return DeliveryFacts(id=id, now_ms=_now_ms(), raw_days=days, reach=reach, arrivals=())

    def _of_rows(self, id: DeliveryId, *, show_values: bool) -> DeliveryFacts:
        """What the index knows, and what lies at the places that its rows name."""
        reach = _asked(self._index.reach)  # first: rows that are read later are no fewer than it says
        rows = _asked(lambda: tuple(self._index.deliveries(id.text)))
        newest = () if isinstance(rows, NotKnown) else rows[-ARRIVALS_MAX:]
        letters = _asked(lambda: self._letters(id.text, newest))
        alerts = _asked(lambda: tuple(self._index.alerts_of_delivery(id.text)))
        seen, left_out = (letters, 0) if isinstance(letters, NotKnown) else letters
        facts = replace(self._nothing(id), reach=reach, alerts=alerts, letters=seen, letters_left_out=left_out)
        if isinstance(rows, NotKnown):
            return replace(facts, arrivals=rows)
        told = self._arrivals(id, newest, show_values=show_values)
        return replace(facts, arrivals=told, left_out=len(rows) - len(newest))

    def _letters(self, id: str, newest: Sequence[LineageRow]) -> tuple[tuple[LetterSeen, ...], int]:
        """Those that are told, and how many others there are."""
        found = letters_of(self._index, id, newest)
        told = letters_told(found, newest)
        return self._originals.letters(told), len(found) - len(told)

    def _arrivals(self, id: DeliveryId, newest: Sequence[LineageRow], *, show_values: bool) -> tuple[Arrival, ...]:
        raws = self._originals.look((RawPlace(*row.place) for row in newest), id.text)
        looks = [self._pool.submit(self._arrival, row, raws[RawPlace(*row.place)], show_values) for row in newest]
        return tuple(look.result() for look in looks)

    def _arrival(self, row: LineageRow, raw: RawLook, show_values: bool) -> Arrival:
        clean = self._clean.look(row, show_values=show_values)
        return Arrival(row=row, raw=raw, clean=clean, readers=self._groups.look(clean.seen))

    def _of_tail(self, facts: DeliveryFacts, *, show_values: bool) -> DeliveryFacts:
        """It has no row: it is in what the workers have still to do, on its way into the index, or nowhere. So is what
        a redrive made of its letter."""
        back = put_back(facts)
        try:
            tail, message = self._tail.look(facts.id.text, since_ms(facts), redriven_from=back.place if back else "")
        except StreamsError as error:
            return replace(facts, tail=NotKnown(f"raw topics cannot be searched: {error}"))
        if message is None or tail.is_passed:
            self._catch_up(tail.asked_ms)
            facts = self._of_rows(facts.id, show_values=show_values)
            if not is_open(facts):
                return facts
        if message is None or tail.place is None:
            return replace(facts, tail=tail)
        reach = facts.arrivals if isinstance(facts.arrivals, NotKnown) else facts.reach
        seen = Arrival(row=None, raw=self._originals.seen(tail.place, message))
        return replace(facts, tail=tail, reach=reach, arrivals=(*known(facts.arrivals), seen))

    def _catch_up(self, asked_ms: int) -> None:
        """Wait until the index has what was processed before, a moment at most."""
        until_s = time.monotonic() + patience_s(self._settings.commit_interval_s)
        while time.monotonic() < until_s:
            reach = _asked(self._index.reach)
            if isinstance(reach, NotKnown) or reach.still_ms or reach.as_of_ms >= asked_ms:
                return
            time.sleep(_STEP_S)

    def _with_absence(self, facts: DeliveryFacts) -> DeliveryFacts:
        """What is asked only of a delivery that is nowhere."""
        made_ms = facts.id.made_ms
        if isinstance(facts.arrivals, NotKnown) or facts.arrivals or facts.letters or not made_ms:
            return facts
        beats, heartbeats = self._heartbeats, facts.heartbeats
        if beats is not None:
            heartbeats = _asked(lambda: beats(made_ms))
        portal = _asked(self._portal) if self._portal and is_over(facts) else ""
        return replace(facts, heartbeats=heartbeats, portal="" if isinstance(portal, NotKnown) else portal)

    def _door(self, id: DeliveryId) -> DoorLook | NotKnown:
        refusals = self._refusals
        return _asked(lambda: refusals(id.text)) if refusals else DoorLook(missing=(NO_GATEWAYS,))


def letters_of(index: Index, id: str, newest: Sequence[LineageRow]) -> list[DeadLetter]:
    """A delivery's, sorted by when it died; of a letter that names no delivery, as it would have been too large with
    the record's own headers, by the place of its record. Not of one that names another: a place may have two."""
    found = list(index.letters_of_delivery(id))
    for row in newest:
        nameless = index.letter_of(*row.place) if row.is_dead else None
        if nameless is not None and not nameless.delivery_id and is_of_row(nameless, row):
            found.append(nameless)
    return sorted(found, key=lambda one: one.dead_ms)


def is_of_row(nameless: DeadLetter, row: LineageRow) -> bool:
    """Whether it died as the row says: where a raw topic was made anew, its places are given again."""
    return nameless.reason == row.reason and abs(nameless.dead_ms - row.processed_ms) <= CLOCKS_MS


def letters_told(letters: Sequence[DeadLetter], newest: Sequence[LineageRow]) -> list[DeadLetter]:
    """The newest of them, and all that were made of these rows' records."""
    places = {row.place for row in newest}
    first = len(letters) - LETTERS_MAX
    return [
        one
        for number, one in enumerate(letters)
        if number >= first or (one.raw_topic, one.raw_partition, one.raw_offset) in places
    ]


def is_open(facts: DeliveryFacts) -> bool:
    """Whether no row and no letter says how it ended: raw topics have to be searched."""
    if isinstance(facts.arrivals, NotKnown) or not (facts.arrivals or facts.letters):
        return True
    return put_back(facts) is not None


def since_ms(facts: DeliveryFacts) -> int | None:
    """Since when raw topics have to be read: workers may have written no rows for a while. Where the id does not say
    when it was made, all that they have. None: nothing of then is left, or it is hardly an id, for which an index that
    goes on is enough."""
    kept_ms = facts.now_ms - facts.raw_days * DAY_MS
    back = put_back(facts)
    from_ms = back.letter.redriven_ms if back else facts.id.made_ms
    if from_ms is None:
        return kept_ms if facts.id.form is not IdForm.OTHER or _is_still(facts) else None
    return from_ms if from_ms > kept_ms else None


def _is_still(facts: DeliveryFacts) -> bool:
    """Whether rows were read once: what came since then is in raw topics alone."""
    return not isinstance(facts.reach, NotKnown) and facts.reach.still_ms > 0


def patience_s(commit_interval_s: float) -> float:
    """So long an index may take to have what was processed before the question: it believes no younger end."""
    return max(CATCH_UP_S, margin_ms(commit_interval_s) / 1000 + LOOKS_S)


def _asked(question: Callable[[], Answer]) -> Answer | NotKnown:
    """The answer, or why there is none."""
    try:
        return question()
    except StreamsError as error:
        return NotKnown(str(error))


def _now_ms() -> int:
    return int(time.time() * 1000)
