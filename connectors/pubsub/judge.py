"""What is seen of a subscription → what is wrong with it, and the command that mends it. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from streams.ops.lines import Line, look_at, ok, wrong

DAY_S = 86_400
_DEADLINE_S_MIN = 30  # of it 5 s pass between two extensions; a machine may pause for a while
_NEW = "set STREAMS_PUBSUB_SUBSCRIPTION to a new name, then junction-streams source setup pubsub --declare"
_DELETED = "_deleted-topic_"  # what Pub/Sub says for the name of a topic that is gone


class SeenSubscription(NamedTuple):
    """`name`, `topic`: whole names. `kind`: "pull", or who is handed the messages. `expires_s`: None for never.
    `attempts_max`: 0 without a dead-letter policy. `changes`: by what messages are left out or changed on their way."""

    name: str
    topic: str
    is_active: bool = True
    kind: str = "pull"
    is_ordered: bool = True
    is_exactly_once: bool = False
    ack_deadline_s: int = 60
    retention_s: int = 7 * DAY_S
    expires_s: int | None = None
    attempts_max: int = 0
    dead_letter_topic: str = ""
    changes: tuple[str, ...] = ()


def judge(seen: SeenSubscription, topic: str) -> Iterator[Line]:
    """A line for each thing. `topic`: that of the settings; "" for none."""
    update = f"gcloud pubsub subscriptions update {seen.name}"
    yield _reads(seen, topic, update)
    yield _order(seen)
    yield _exactly_once(seen, update)
    yield _retention(seen, update)
    yield _deadline(seen, update)
    yield _expiration(seen, update)
    yield _dead_letters(seen, update)
    if seen.changes:
        yield wrong(
            "every message",
            f"a {' and a '.join(seen.changes)} of the subscription: Pub/Sub drops what that leaves out",
            _NEW,
        )


def _reads(seen: SeenSubscription, topic: str, update: str) -> Line:
    what = "subscription"
    if seen.kind != "pull":
        return wrong(what, f"its messages go to {seen.kind}, and not to us", f"{update} --push-endpoint=")
    if seen.topic == _DELETED or not seen.is_active:
        return wrong(what, "its topic is deleted, or it is not active: nothing comes any more", _NEW)
    if topic and seen.topic != topic:
        return wrong(what, f"it is of {seen.topic}, not of {topic}", "set STREAMS_PUBSUB_TOPIC, or make another one")
    return ok(what, f"there, of {seen.topic}")


def _order(seen: SeenSubscription) -> Line:
    if seen.is_ordered:
        return ok("ordering", "on")
    return look_at("ordering", "off, and it stays so: a user's events come in any order, versions decide", _NEW)


def _exactly_once(seen: SeenSubscription, update: str) -> Line:
    if not seen.is_exactly_once:
        return ok("exactly-once", "off")
    seen_words = "on: Junction advises against it together with ordering, it is slow"
    return look_at("exactly-once", seen_words, f"{update} --no-enable-exactly-once-delivery")


def _retention(seen: SeenSubscription, update: str) -> Line:
    words = f"{seen.retention_s / DAY_S:g} days"
    if seen.retention_s >= 7 * DAY_S:
        return ok("retention", words)
    return look_at("retention", f"{words}: a longer stop loses events", f"{update} --message-retention-duration=7d")


def _deadline(seen: SeenSubscription, update: str) -> Line:
    if seen.ack_deadline_s >= _DEADLINE_S_MIN:
        return ok("ack deadline", f"{seen.ack_deadline_s} s")
    words = f"{seen.ack_deadline_s} s: what is pulled comes twice if this machine pauses for so long"
    return look_at("ack deadline", words, f"{update} --ack-deadline=60")


def _expiration(seen: SeenSubscription, update: str) -> Line:
    if seen.expires_s is None:
        return ok("expiration", "never")
    words = f"after {seen.expires_s / DAY_S:g} days without a door it is deleted, with what waits in it"
    return look_at("expiration", words, f"{update} --expiration-period=never")


def _dead_letters(seen: SeenSubscription, update: str) -> Line:
    if not seen.attempts_max:
        return ok("dead-letter policy", "none: a message waits until it is acknowledged")
    words = (
        f"after {seen.attempts_max} deliveries a message goes to {seen.dead_letter_topic}, which no door reads; a door "
        "that is stopped or killed is one of them"
    )
    return wrong("dead-letter policy", words, f"{update} --clear-dead-letter-policy")
