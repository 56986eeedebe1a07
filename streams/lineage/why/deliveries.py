"""Causes on the way of a delivery: it waits, it died, it was refused, it came too late to count. Pure."""

from collections import Counter
from collections.abc import Iterator

from streams.events.times import DAY_MS
from streams.lineage import words
from streams.lineage.data.touching import came_ms, place_words, verdicts_of
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.delivery.retries import again_by_ms
from streams.lineage.known import DeadLetter, Reach
from streams.lineage.why.facts import QuietSpan, RefusalSeen, WhyFacts
from streams.lineage.why.finding import CauseFinding, no, unknown, yes
from streams.tables import Verdict
from streams.tables.history.outage import RETRIES_S_MIN

_OF_SILENCE = ("gateway_heartbeats", words.command("doctor"), words.command("webhooks", "recover", "--help"))
_BEGAN = "all that run began to accept at the end of that time"
LETTERS_MS = 2 * DAY_MS  # after the day: what a letter says of its day is in its body alone


def waiting(facts: WhyFacts) -> CauseFinding:
    """It is in the raw topic, and no worker has processed it yet."""
    look = facts.waiting
    if isinstance(look, NotKnown):
        return unknown(f"Whether a delivery waits for a worker is not known: {words.phrase(look.why)}.")
    if look.records:
        first = min(look.records, key=lambda record: (record.stored_ms, record.place))
        return yes(
            f"{words.count(len(look.records), 'delivery', 'deliveries')} of {facts.resource} of this user "
            f"{'waits' if len(look.records) == 1 else 'wait'} for a worker, the oldest since "
            f"{words.moment(first.stored_ms)}; {words.count(look.behind, 'record')} of its partition in all.",
            *(place for record in look.records[: words.NAMES_MAX] for place in (record.place, record.delivery_id)),
            at_ms=first.stored_ms, behind=look.behind,
        )  # fmt: skip
    if look.unread:
        return unknown(
            f"Of {words.count(look.behind, 'record')} that wait for a worker not all were read: {look.unread}."
        )
    return no("No delivery of it waits for a worker.", behind=look.behind)


def dead_letter(facts: WhyFacts) -> CauseFinding:
    """A delivery of this user and resource could not be processed, and was not put back since."""
    mine = [one for one in facts.letters if _may_be_it(one, facts)]
    lying = [one for one in mine if not one.redriven_ms]
    if lying:
        newest = max(lying, key=lambda letter: (letter.dead_ms, letter.partition, letter.offset))
        place = f"{newest.partition}:{newest.offset}"
        return yes(
            f"{words.count(len(lying), 'delivery', 'deliveries')} of {facts.resource} of this user became a dead "
            f"letter at that time, the newest at {words.moment(newest.dead_ms)} ({newest.reason}).",
            f"dead_letters {place}", newest.delivery_id, words.command("dead-letters", "show", place),
            words.command("dead-letters", "redrive", place, "--dry-run"),
            at_ms=newest.dead_ms, reason=newest.reason, letters=len(lying),
        )  # fmt: skip
    if mine:
        return no(f"{words.count(len(mine), 'dead letter')} of that time was put back.", letters=len(mine))
    others = f" ({words.count(len(facts.letters), 'dead letter')} of other times)" if facts.letters else ""
    return no(f"No dead letter of {facts.resource} of this user is of that time{others}.")


def _may_be_it(letter: DeadLetter, facts: WhyFacts) -> bool:
    """Whether the day may be in it: it died since the day began, and not long after."""
    if facts.day is None:
        return True
    return facts.from_ms <= letter.dead_ms < facts.day.until_ms + LETTERS_MS


def door(facts: WhyFacts) -> CauseFinding:
    """A gateway refused what Junction signed, or took nothing at all, at that time."""
    news = facts.door
    if isinstance(news, NotKnown):
        return unknown(f"What gateways refused at that time is not known: {words.phrase(news.why)}.")
    refusals = [one for one in news.refusals if facts.from_ms <= one.at_ms < facts.until_ms]
    signed = [one for one in refusals if one.is_signed]
    quiet = [one for one in news.quiet if one.from_ms < facts.until_ms and one.until_ms > facts.from_ms]
    unsure = news.unsure or _not_kept(signed, facts.reach)
    if signed and not unsure:
        return _refused(signed)
    lasting = [one for one in quiet if not _came_again(one, facts.now_ms)]
    if away := [one for one in lasting if one.was_up is False]:
        return _away(away, _not_signed(refusals))
    if signed:
        return _perhaps_refused(signed, unsure)
    if silent := [one for one in lasting if one.was_up is None]:
        return _silent(silent)
    if news.missing:
        said = "; ".join(map(words.phrase, news.missing))
        return unknown(f"Not everything that gateways refused at that time is known: {said}.")
    strangers = f" ({said})" if (said := _not_signed(refusals)) else ""
    return no(f"No gateway refused a signed delivery at that time{strangers}{_explains_nothing(quiet)}.")


def _came_again(one: QuietSpan, now_ms: int) -> bool:
    """Whether Junction has sent all that failed then again by now, when gateways took something."""
    by_ms = None if one.goes_on else again_by_ms(one.from_ms, one.until_ms)
    return by_ms is not None and by_ms <= now_ms


def _explains_nothing(quiet: list[QuietSpan]) -> str:
    """What is said of silences: a gateway was there, or what failed was sent again."""
    if not quiet:
        return ", and none was away"
    longest = _longest(quiet)
    if longest.was_up:
        return f", and none was away; one was there while none came from {_between(longest)}"
    return f"; none took any from {_between(longest)}, and what may have failed then was sent again since"


def _not_signed(refusals: list[RefusalSeen]) -> str:
    """How many requests explain nothing, of strangers or perhaps so; "" for none."""
    wrong = sum(one.is_signed is False for one in refusals)
    untried = sum(one.is_signed is None for one in refusals)
    parts = (
        f"{words.count(wrong, 'request')} without a right signature" if wrong else "",
        f"{words.count(untried, 'request')} refused before a signature was tried" if untried else "",
    )
    return " and ".join(filter(None, parts))


def _not_kept(signed: list[RefusalSeen], reach: Reach) -> str:
    """Why rows of what came again then may not be here; "" where they are."""
    first_ms = reach.first_ms
    if all(first_ms and one.at_ms >= first_ms for one in signed):
        return ""
    return f"what was processed before {words.moment(first_ms)} is not known" if first_ms else "the index has no rows"


def _refused(signed: list[RefusalSeen]) -> CauseFinding:
    newest = max(signed, key=lambda one: (one.at_ms, one.claimed_id))
    return yes(
        f"{_refusals(signed)} that did not come again since, the newest at {words.moment(newest.at_ms)}; of which user "
        "they were is not known.",
        *_traces(signed), at_ms=newest.at_ms, outcomes=dict(Counter(one.outcome for one in signed)),
    )  # fmt: skip


def _perhaps_refused(signed: list[RefusalSeen], unsure: str) -> CauseFinding:
    """They may have come again, and wait."""
    said = f"{_refusals(signed)} of which no row is here yet; whether they came again since is not known"
    return unknown(f"{said}: {words.phrase(unsure)}.", *_traces(signed))


def _refusals(signed: list[RefusalSeen]) -> str:
    """How many deliveries: each may have been refused several times."""
    n = len({one.claimed_id or f"{one.gateway} {one.at_ms}" for one in signed})
    outcomes = words.names(sorted({one.outcome for one in signed}))
    return f"Gateways refused {words.count(n, 'signed delivery', 'signed deliveries')} at that time ({outcomes})"


def _traces(signed: list[RefusalSeen]) -> Iterator[str]:
    ids = sorted({one.claimed_id for one in signed if one.claimed_id})
    yield from ids[: words.NAMES_MAX]
    yield from (words.command("trace", id) for id in ids[:1])


def _longest(quiet: list[QuietSpan]) -> QuietSpan:
    return max(quiet, key=lambda one: (one.until_ms - one.from_ms, one.from_ms))


def _silence(quiet: list[QuietSpan]) -> str:
    return f"No gateway took any delivery from {_between(_longest(quiet))}"


def _between(one: QuietSpan) -> str:
    lasted = words.span(one.until_ms - one.from_ms)
    return f"{words.moment(one.from_ms)} to {words.moment(one.until_ms)} ({lasted})"


def _silent(quiet: list[QuietSpan]) -> CauseFinding:
    """Perhaps nothing was sent: however long it lasted, it is no outage before somebody says so."""
    longest = _longest(quiet)
    is_lost = longest.until_ms - longest.from_ms >= RETRIES_S_MIN * 1000
    lost = " If none was, what failed then does not come again by itself." if is_lost else ""
    return unknown(f"{_silence(quiet)}, and whether a gateway was there is not known.{lost}", *_OF_SILENCE)


def _away(quiet: list[QuietSpan], not_signed: str) -> CauseFinding:
    longest = _longest(quiet)
    also = f", while {not_signed} came" if not_signed else ""
    whether = "none that is named answers now" if longest.goes_on else _BEGAN
    return yes(
        f"{_silence(quiet)}{also}, and {whether}: as far as is known none was there. Junction sends what failed again "
        "for a day, and after that it has to be recovered.",
        *_OF_SILENCE,
        at_ms=longest.from_ms, from_ms=longest.from_ms, until_ms=longest.until_ms,
    )  # fmt: skip


def stale(facts: WhyFacts) -> CauseFinding:
    """It came, and a newer version of it was known already."""
    rows = [row for row in facts.asked if verdicts_of(row)[Verdict.STALE]]
    if not rows:
        return no(f"No delivery of {facts.of_what} was STALE.")
    newest = rows[-1]
    if facts.there:
        return no(
            f"{words.count(len(rows), 'delivery', 'deliveries')} of it had something STALE, beside what is there."
        )
    return yes(
        f"It came at {words.moment(came_ms(newest))} and was STALE: a newer version was known by then, "
        "which an older one never replaces.",
        newest.delivery_id, place_words(newest), words.command("trace", newest.delivery_id),
        at_ms=came_ms(newest), deliveries=len(rows),
    )  # fmt: skip
