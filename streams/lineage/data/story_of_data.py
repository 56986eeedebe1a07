"""Rows and originals → the story of a user's resource. Pure.

Its endings: `found`; `nothing` where no delivery is known; `unknown` where the index does not reach so far, is behind,
or has only dead letters that may be of it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from streams import __version__
from streams.events import EPOCH, MICRO
from streams.lineage import words
from streams.lineage.data import days, touching
from streams.lineage.data.moments import MomentTold, SampleSaid, fold_hour
from streams.lineage.data.originals import OriginalRead, Originals, Reads, otherwise, read_all
from streams.lineage.data.question import ORIGINALS_MAX, STEPS_MAX, DataQuestion
from streams.lineage.data.touching import RowKey, came_ms, key_of, place_words, verdicts_of, verdicts_of_all
from streams.lineage.data.versions import FieldDiff, VersionFold, VersionTold
from streams.lineage.delivery.facts import NotKnown, OriginalGone
from streams.lineage.known import Reach
from streams.lineage.observed import shown
from streams.lineage.row import EntityLine, LineageRow
from streams.lineage.telling import Story, StoryStep
from streams.payloads import to_json
from streams.payloads.drift import ODD

FOUND, NOTHING, UNKNOWN = "found", "nothing", "unknown"
VALUE_CHARS_MAX = 120  # of one value in a sentence


def story_of_data(
    question: DataQuestion, rows: Iterable[LineageRow], originals: Originals, reach: Reach, missing: Sequence[str] = ()
) -> Story:
    """The story. `rows`: of the user and resource, in any order; `originals`: of those that `question.wanted`.

    `missing`: sentences of what could not be asked.
    """
    rows = tuple(rows)
    answer = question.answer(rows)
    folded = question.folded(rows, answer)
    reads = read_all(question.wanted(folded), originals)
    told = _Told(question, folded, reads, reach)
    steps = [step for row in answer[-STEPS_MAX:] for step in told.steps(row)]
    return Story(
        ending=_ending(question, answer, reach),
        sentence=_sentence(question, answer, reach, told.n_otherwise(answer)),
        steps=tuple(steps),
        missing=(*missing, *_missing(question, answer, folded, reads, reach)),
        reaches_ms=reach.first_ms,
    )


def _ending(question: DataQuestion, answer: Sequence[LineageRow], reach: Reach) -> str:
    if any(map(question.is_sure, answer)):
        return FOUND
    since_ms = question.since_ms
    is_known = days.is_current(reach) and (since_ms is None or reach.first_ms <= since_ms)
    return NOTHING if is_known and not answer else UNKNOWN


class _Told:
    """What the originals say beyond the rows, by row."""

    def __init__(self, question: DataQuestion, folded: Sequence[LineageRow], reads: Reads, reach: Reach) -> None:
        self._question, self._reads = question, reads
        self._versions: dict[RowKey, VersionTold] = {}
        self._moments: dict[RowKey, MomentTold] = {}
        hour = question.hour
        if hour is not None:
            knows_all = 0 < reach.first_ms <= hour.from_us // 1000 and len(folded) <= ORIGINALS_MAX
            self._moments = {key_of(one.row): one for one in fold_hour(hour, folded, reads, knows_all=knows_all)}
        elif not question.is_of_samples:
            self._versions = {key_of(one.row): one for one in VersionFold().all(folded, reads)}
        found = ((key, self._otherwise(key)) for key in reads)
        self._judged = {key: said for key, said in found if said}

    def n_otherwise(self, rows: Sequence[LineageRow]) -> int:
        """Of how many this build judges otherwise."""
        return sum(key_of(row) in self._judged for row in rows)

    def steps(self, row: LineageRow) -> Iterator[StoryStep]:
        """What is told of a delivery."""
        yield _delivery(row)
        version, moment = self._versions.get(key_of(row)), self._moments.get(key_of(row))
        if version is not None and version.against is not None and version.diffs:
            yield _diff(version, version.against, self._named([one.name for one in version.diffs]), self._question)
        for sample in moment.said if moment else ():
            yield _sample(row, sample, show_values=self._question.show_values)
        if said := self._judged.get(key_of(row)):
            yield _shadow(row, said)

    def _otherwise(self, key: RowKey) -> str:
        """What this build judges where it is something else than the row says, as a phrase; "" where it is not."""
        version, moment = self._versions.get(key), self._moments.get(key)
        if version is not None and version.is_otherwise and version.judged is not None:
            names = self._named(version.judged.changed_fields)
            return f"{version.judged.verdict}{f' ({words.names(names)})' if names else ''}"
        if moment is not None and moment.is_otherwise:
            return f"{words.tallies(moment.judged)} in this hour"
        found = self._reads[key]
        return otherwise(found) if isinstance(found, OriginalRead) else ""

    def _named(self, names: Sequence[str]) -> list[str]:
        """Names of a body as they may be shown: one that may be a value is shown where values are."""
        return list(names) if self._question.show_values else [*map(shown, names)]


def _delivery(row: LineageRow) -> StoryStep:
    return StoryStep(
        kind="dead_letter" if row.is_dead else "notice" if touching.is_notice(row) else "delivery",
        sentence=_delivery_sentence(row),
        at_ms=came_ms(row),
        evidence=tuple(filter(None, (row.delivery_id, place_words(row)))),
        facts={
            "delivery_id": row.delivery_id, "event_type": row.event_type, "provider": row.provider,
            "source_type": row.source_type, "door": row.door, "origin": row.origin, "processed_ms": row.processed_ms,
            "worker": row.worker, "version": row.version, "verdicts": dict(verdicts_of(row)), "reason": row.reason,
            "entities": [line._asdict() for line in row.entities], "clean": dict(row.clean),
        },
    )  # fmt: skip


def _delivery_sentence(row: LineageRow) -> str:
    source = " ".join(dict.fromkeys(filter(None, (row.provider, row.source_type)))) or "an unknown source"
    what = f"{row.event_type or 'an event'} from {source}, by {row.door or 'an unknown door'}"
    if row.backfill_id:
        what += f" for backfill {row.backfill_id}"
    if row.is_dead:
        return f"{what}: became a dead letter ({row.reason}{f', {row.detail}' if row.detail else ''})."
    clean = ", ".join(f"{words.count(n, 'record')} on {name}" for name, n in row.clean) or "nothing was emitted"
    return f"{what}: {_verdicts(row)}; {clean}."


def _verdicts(row: LineageRow) -> str:
    """`CHANGED (2 fields: score, total)`, or `3 NEW, 197 SAME`."""
    if len(row.entities) == 1 and not row.counted:
        return _line(row.entities[0])
    return words.tallies(sorted(verdicts_of(row).items())) or "nothing in it"


def _line(line: EntityLine) -> str:
    if not line.n_changed:
        return line.verdict
    return (
        f"{line.verdict} ({words.count(line.n_changed, 'field')}: {words.names(line.changed_fields, line.n_changed)})"
    )


def _diff(told: VersionTold, against: LineageRow, names: list[str], question: DataQuestion) -> StoryStep:
    named = told.line.id if told.line else ODD  # an id of a body's own words may be a value
    entity = told.entity if question.show_values else named
    facts: dict[str, Any] = {"entity": entity, "against": against.delivery_id, "fields": names}
    said = words.names(names)
    if question.show_values:
        facts["values"] = {one.name: {"before": one.before, "after": one.after} for one in told.diffs}
        said = "; ".join(map(_values, told.diffs))
    return StoryStep(
        kind="diff",
        sentence=f"Against {against.delivery_id or place_words(against)}, the newest version until then, "
        f"{words.count(len(told.diffs), 'field')} {'differs' if len(told.diffs) == 1 else 'differ'}: {said}.",
        evidence=tuple(filter(None, (against.delivery_id, place_words(against)))),
        facts=facts,
    )  # fmt: skip


def _values(diff: FieldDiff) -> str:
    return f"{diff.name} {_short(diff.before)} → {_short(diff.after)}"


def _short(value: Any) -> str:
    text = "(none)" if value is None else to_json(value).decode()
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def _sample(row: LineageRow, said: SampleSaid, *, show_values: bool) -> StoryStep:
    provider, kind = (
        (said.provider, said.source_type) if show_values else (shown(said.provider), shown(said.source_type))
    )
    facts: Mapping[str, Any] = {
        "delivery_id": row.delivery_id, "time_us": said.time_us, "end_us": said.end_us, "provider": provider,
        "source_type": kind, "verdict": str(said.verdict), "counts": said.counts,
    }  # fmt: skip
    value = f", {_short(said.value)} {said.unit}".rstrip() if show_values else ""
    if show_values:
        facts = {**facts, "value": said.value, "unit": said.unit}
    until = f" to {_time(said.end_us)}" if said.end_us != said.time_us else ""
    return StoryStep(
        kind="sample",
        sentence=f"It said {said.verdict} of {_time(said.time_us)}{until} ({provider} {kind}){value}"
        f"{': that is what counts now' if said.counts else ''}.",
        evidence=tuple(filter(None, (row.delivery_id, place_words(row)))),
        facts=facts,
    )  # fmt: skip


def _time(time_us: int) -> str:
    return (EPOCH + time_us * MICRO).isoformat()


def _shadow(row: LineageRow, said: str) -> StoryStep:
    return StoryStep(
        kind="judged_otherwise",
        sentence=f"This build ({__version__}), from the deliveries that are known here, judges otherwise than version "
        f"{row.version or '(unknown)'} did: {said}.",
        evidence=tuple(filter(None, (row.delivery_id, place_words(row)))),
        facts={"judged": said, "version": __version__, "row_version": row.version},
    )  # fmt: skip


def _sentence(question: DataQuestion, answer: Sequence[LineageRow], reach: Reach, n_otherwise: int) -> str:
    moment = f" around {_time(question.at_ms * 1000)}" if question.at_ms is not None else ""
    sure = [row for row in answer if question.is_sure(row)]
    perhaps = _perhaps(len(answer) - len(sure))
    if not sure:
        return f"No delivery of {question.of_what}{moment} of this user is known.{perhaps} {days.span(reach)}"
    verdicts = verdicts_of_all(sure)
    verdicts["dead letter"] = sum(row.is_dead for row in sure)
    sentence = (
        f"{words.count(len(sure), 'delivery', 'deliveries')} touched {question.of_what}{moment}: "
        f"{words.tallies(sorted((+verdicts).items())) or 'nothing in them'}; the newest came at "
        f"{words.moment(came_ms(sure[-1]))}.{perhaps}"
    )
    if n_otherwise:
        sentence += f" This build judges {n_otherwise:,} of them otherwise than the worker did."
    return sentence


def _perhaps(n_letters: int) -> str:
    return f" {words.count(n_letters, 'dead letter')} of that time may be of it." if n_letters else ""


def _missing(
    question: DataQuestion, answer: Sequence[LineageRow], folded: Sequence[LineageRow], reads: Reads, reach: Reach
) -> Iterator[str]:
    if len(answer) > STEPS_MAX:
        yield f"Of {len(answer):,} deliveries the newest {STEPS_MAX} are told: name a day, an entity or a time."
    if len(folded) > ORIGINALS_MAX and question.wanted(folded):
        yield f"No more than {ORIGINALS_MAX} originals are read for one answer, the newest."
    yield from _unread(reads[key] for key in map(key_of, answer) if key in reads)
    yield from days.not_kept(question.day, reach)
    if question.hour is not None and not 0 < reach.first_ms <= question.hour.from_us // 1000:
        yield "Deliveries of that hour may be older than the index, so this build's verdicts are not compared."
    yield from days.not_read(reach)


def _unread(found: Iterable[OriginalRead | OriginalGone | NotKnown]) -> Iterator[str]:
    """A sentence for each reason why originals could not be read."""
    lost = Counter(one for one in found if not isinstance(one, OriginalRead))
    for one, n in sorted(lost.items(), key=lambda item: item[0].why):
        what = "has gone, the row is what is left" if isinstance(one, OriginalGone) else "could not be read"
        yield f"{words.count(n, 'original')} {what}: {words.phrase(one.why)}."
