"""Never seen, or never taken: what that says, whether it comes by itself, and what to do if not. Pure."""

from collections.abc import Iterator

from streams.events.times import DAY_MS, MINUTE_MS, day_text
from streams.lineage.delivery.delivery_ids import IdForm
from streams.lineage.delivery.door_steps import made_ms
from streams.lineage.delivery.doubts import known_since_ms
from streams.lineage.delivery.facts import DeliveryFacts, DoorAttempt, DoorLook, Heartbeats
from streams.lineage.delivery.retries import ATTEMPTS, NextTry, last_try_ms, next_try
from streams.lineage.telling import StoryStep
from streams.lineage.words import count, moment, span

QUIET_MS = 10 * MINUTE_MS  # heartbeats are written once a minute; a shorter silence needs no reason
DUE_MS = 2 * MINUTE_MS  # what was taken by now has its heartbeat by then

_OTHERS = {
    IdForm.PAGE: "never stored: no page of that number was fetched",
    IdForm.PROBE: "a probe: gateways verify it and answer, and store it nowhere",
    IdForm.PIPELINE: "never seen: if Junction published it, it is still in the pipeline, or nobody took it from there",
    IdForm.CONTENT: "never seen: if Junction published it, it is still in the pipeline, or nobody took it from there",
}


def attempts_of(facts: DeliveryFacts) -> tuple[DoorAttempt, ...]:
    """Refusals, by time."""
    found = facts.door.attempts if isinstance(facts.door, DoorLook) else ()
    return tuple(sorted(found, key=lambda one: one.at_ms))


def refused(facts: DeliveryFacts) -> str:
    """The sentence of a delivery that reached us and was not taken. The last attempt that may be Junction's counts."""
    found, mine = attempts_of(facts), _maybe_junctions(facts)
    told = mine or found
    last, strangers = told[-1], len(found) - len(told)
    whose = "" if last.is_signed else ", and whether it was Junction's is not proved"
    also = f" (and {count(strangers, 'time')} without a right signature)" if strangers else ""
    what = f"refused {count(len(told), 'time')}{also}: {moment(last.at_ms)} with {last.status} {last.outcome}{whose}"
    return f"{what}; {_again(facts)}"


def _maybe_junctions(facts: DeliveryFacts) -> list[DoorAttempt]:
    """Without those of strangers, who may send an id whenever they like."""
    return [one for one in attempts_of(facts) if one.is_signed is not False]


def never_seen(facts: DeliveryFacts) -> str:
    """The sentence of a delivery of which nothing is here; of an id without a time, since when that can be said."""
    said = _OTHERS.get(facts.id.form) or f"never seen; {_again(facts)}"
    if made_ms(facts) or facts.id.form is IdForm.PROBE:
        return said
    return f"{said}; what came before {moment(known_since_ms(facts))} is not known"


def _again(facts: DeliveryFacts) -> str:
    made = made_ms(facts)
    if not made:
        return "its id does not say when it was made, nor so when it comes again"
    coming = _next(facts)
    if coming:
        return _coming(coming, facts.now_ms)
    if last_try_ms(made) > facts.now_ms:
        return "that was Junction's last attempt: it has to be asked for"
    return f"Junction has stopped sending it by {moment(last_try_ms(made))}: it has to be asked for"


def _next(facts: DeliveryFacts) -> NextTry | None:
    seen = _maybe_junctions(facts)
    return next_try(made_ms(facts), facts.now_ms, seen[-1].at_ms if seen else 0)


def _coming(coming: NextTry, now_ms: int) -> str:
    again = "Junction sends it again" if coming.number > 1 else "Junction sends it"
    number = f"attempt {coming.number} of {ATTEMPTS}"
    latest = f"by {moment(coming.to_ms)}"
    if coming.from_ms <= now_ms:
        return f"{again}, any moment, {latest} at the latest ({number})"
    return f"{again}, in {span(coming.from_ms - now_ms)} at the earliest, {latest} ({number})"


def is_over(facts: DeliveryFacts) -> bool:
    """Whether Junction has stopped to send it by itself, as far as that can be known."""
    return bool(made_ms(facts)) and _next(facts) is None


def steps(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Whether we were accepting when it was made, when it comes again, and what to do if it does not."""
    if facts.id.form is IdForm.PROBE:
        return
    yield from _accepting(facts)
    if not facts.id.is_webhook:
        yield from _elsewhere(facts)
        return
    coming = _next(facts) if made_ms(facts) else None
    if coming:
        yield StoryStep(
            kind="next_try",
            sentence=_coming(coming, facts.now_ms),
            facts={"attempt": coming.number, "from_ms": coming.from_ms, "to_ms": coming.to_ms},
        )
    yield from _to_do(facts, is_over=coming is None)


def was_accepting(facts: DeliveryFacts) -> bool:
    """Whether gateways that run now ran already when it was made: then no heartbeat has to say it."""
    since_ms = facts.door.accepting_since_ms if isinstance(facts.door, DoorLook) else 0
    return 0 < since_ms <= made_ms(facts)


def _accepting(facts: DeliveryFacts) -> Iterator[StoryStep]:
    made = made_ms(facts)
    since_ms = facts.door.accepting_since_ms if isinstance(facts.door, DoorLook) else 0
    if not made:
        return
    if was_accepting(facts):
        words = f"gateways were accepting then: they run since {moment(since_ms)}"
        yield StoryStep(kind="accepting", sentence=words, facts={"since_ms": since_ms})
    elif isinstance(facts.heartbeats, Heartbeats):
        yield from _heard(facts.heartbeats, made, facts.now_ms)


def _heard(heard: Heartbeats, made: int, now_ms: int) -> Iterator[StoryStep]:
    before, after = heard.before_ms, heard.after_ms
    facts = {"before_ms": before, "after_ms": after, "newest_ms": heard.newest_ms}
    ends = (f"after {moment(before)}" if before else "", f"before {moment(after)}" if after else "since")
    if before and after and after - before <= QUIET_MS:
        words = f"gateways were accepting then: deliveries were taken at {moment(before)} and {moment(after)}"
    elif before and not after and made - before <= QUIET_MS:
        since = "; the next heartbeat is not due yet" if now_ms - before <= DUE_MS else ", and none is known since"
        words = f"gateways were accepting shortly before, at {moment(before)}{since}"
    elif before or after:
        words = f"no gateway is known to have taken anything then: nothing {' and '.join(one for one in ends if one)}"
    else:
        words = "no heartbeat of a gateway is on record: none has taken anything for a minute or longer"
    yield StoryStep(kind="accepting", sentence=words, facts=facts)


def _elsewhere(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Nobody sends these again by himself."""
    if facts.id.form is IdForm.PAGE:
        commands: tuple[str, ...] = ("junction-streams fetch --user USER --resource RESOURCE",)
        words = "ask for the span again: pages that are here already change nothing"
    else:
        commands = ("junction-streams source check NAME", "junction-streams source diff")
        words = "look whether the pipeline is read, and compare it with the other door"
    yield StoryStep(kind="to_do", sentence=words, evidence=commands)


def _to_do(facts: DeliveryFacts, *, is_over: bool) -> Iterator[StoryStep]:
    """In the order in which they are worth trying."""
    made = made_ms(facts)
    when = "" if is_over else "if it does not come: "
    since = f" --since {day_text(made // DAY_MS)}" if made else " --since 2d"
    recover = f"junction-streams webhooks recover{since}"
    yield StoryStep(kind="to_do", sentence=f"{when}have Junction send again all that failed", evidence=(recover,))
    fetch = f"junction-streams fetch --user USER{f' --from {day_text(made // DAY_MS)}' if made else ''}"
    yield StoryStep(kind="to_do", sentence=f"{when}fetch the user's data, whatever became of it", evidence=(fetch,))
    where = facts.portal or "the webhooks page of Junction's dashboard"
    words = f"{when}send this one message again in Junction's Svix portal"
    yield StoryStep(kind="to_do", sentence=words, evidence=(where,))
