"""The steps of a story: what each says, in which order they come, and what lies between them."""

import itertools
from dataclasses import replace

import pytest

from streams.events.proof import Proof, ProofVerdict
from streams.events.times import DAY_MS, MINUTE_MS
from streams.lineage.delivery.absence import is_over
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.delivery.facts import (
    Arrival,
    CleanLook,
    DeliveryFacts,
    DoorLook,
    Heartbeats,
    LetterSeen,
    NotKnown,
    OriginalGone,
    ReaderLook,
    ReaderSeen,
    TailLook,
)
from streams.lineage.delivery.retries import last_try_ms
from streams.lineage.row import Tally
from streams.lineage.telling import Story, StoryStep
from tests.lineage.delivery.values import (
    ALERT,
    ARRIVAL,
    CLEAN,
    DEAD_ARRIVAL,
    ID,
    MADE_MS,
    MOVED,
    NOW_MS,
    RAW,
    REACH,
    ROW,
    absent,
    facts,
    kinds,
    letter,
    refused_at,
    told,
)


def step(story: Story, kind: str) -> StoryStep:
    return next(one for one in story.steps if one.kind == kind)


WHOLE = facts(
    door=refused_at(0.05, 0.1),
    alerts=(ALERT,),
    arrivals=(replace(ARRIVAL, row=replace(ROW, counted=(Tally("SAME", 4),), alerts=(MOVED,))),),
)


def test_the_order_of_a_whole_story() -> None:
    """Made, refused, taken, stored, proved, processed, judged, emitted, read, told of."""
    assert kinds(told(WHOLE)) == [
        "made",
        "refused",
        "refused",
        "taken",
        "stored",
        "signature",
        "processed",
        "verdict",
        "counted",
        "clean",
        "read",
        "read",
        "alert",
        "alert_attempt",
        "alert_attempt",
        "moved",
    ]


def test_durations_between_steps() -> None:
    """Each step with a time says how long after the one before it with a time, and in machines' words, too."""
    story = told(WHOLE)
    at_ms = [(one.at_ms or 0, one.facts.get("after_ms")) for one in story.steps if one.at_ms is not None]
    assert at_ms[0] == (MADE_MS, None)
    for (before_ms, _), (now_ms, after_ms) in itertools.pairwise(at_ms[:-3]):
        assert after_ms == (now_ms - before_ms if now_ms >= before_ms else None)
    assert step(story, "taken").sentence == "our door webhook took it, 0.10 s later"
    assert step(story, "read").sentence == "ehr-sync was seen behind it in sleep, 3.00 s later"


def test_readers_are_compared_with_what_they_read() -> None:
    """Two groups read side by side: neither comes behind the other, and an alert does not wait for them."""
    both = tuple(ReaderSeen(name, "sleep", 3, 0, CLEAN.at_ms + ms) for name, ms in (("a", 3000), ("b", 1000)))
    story = told(facts(arrivals=(replace(ARRIVAL, readers=ReaderLook(both)),), alerts=(ALERT,)))
    assert [one.facts["after_ms"] for one in story.steps if one.kind == "read"] == [3000, 1000]
    assert step(story, "alert").facts["after_ms"] == ALERT.at_ms - CLEAN.at_ms


def test_the_order_without_originals() -> None:
    """What cannot be read has its place by its row: when it was received, or processed where it was put back."""
    raw = NotKnown("away")
    again = replace(ROW, offset=90, processed_ms=MADE_MS + 9_000, redriven_from="3:7")
    known = facts(arrivals=(Arrival(row=again, raw=raw), Arrival(row=ROW, raw=raw)), door=refused_at(5))
    shown = [one for one in kinds(told(known)) if one in ("taken", "refused", "redriven")]
    assert shown == ["taken", "refused", "redriven"]
    unknown = replace(ROW, received_ms=0, processed_ms=MADE_MS + 9_000)
    assert kinds(told(facts(arrivals=(Arrival(row=unknown, raw=raw),), door=refused_at(5))))[1] == "refused"


def test_a_clock_that_is_behind_makes_no_duration() -> None:
    """Of two clocks nobody knows which is wrong: no length of time is said."""
    story = told(facts(arrivals=(replace(ARRIVAL, raw=replace(RAW, stored_ms=MADE_MS - 5)),)))
    assert "later" not in step(story, "stored").sentence


def test_raw_place_size_and_signature() -> None:
    """The place with its command, the size, and which secret signed it: never the secret."""
    story = told(facts())
    assert step(story, "stored").sentence.startswith("stored as raw.summaries 3:41, 1,234 bytes")
    assert step(story, "stored").evidence == ("raw.summaries 3:41",)
    signature = step(story, "signature")
    assert "verified again now, is right: the secret 0123abcd of junction, number 2" in signature.sentence
    assert signature.evidence == ("junction-streams verify --topic raw.summaries --partition 3 --offset 41",)


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        (Proof(ProofVerdict.NO_MATCH, "its secret is gone", "junction", ID), "is not proved: its secret is gone"),
        (
            Proof(ProofVerdict.HEADERS, "another ce_id", "e", ID, 1, "e", "aa", 0),
            "is not proved: another ce_id (the secret aa of e",
        ),
        (Proof(ProofVerdict.OTHER_DOOR, "it came by the door api", "", ID), "nothing to verify: it came by"),
    ],
)
def test_a_signature_that_is_not_proved(proof: Proof, words: str) -> None:
    """The reason in words; of a door without signatures nothing is claimed."""
    assert words in step(told(facts(arrivals=(replace(ARRIVAL, raw=replace(RAW, proof=proof)),))), "signature").sentence


def test_without_a_secret_the_rest_is_told() -> None:
    """What cannot be verified is missing, and no step claims anything."""
    raw = replace(RAW, proof=NotKnown("no secret to verify with"))
    story = told(facts(arrivals=(replace(ARRIVAL, raw=raw),)))
    assert "signature" not in kinds(story)
    assert story.missing == ("no secret to verify with",)


def test_an_original_that_has_gone() -> None:
    """The row is what is left: its place is told as the past."""
    story = told(facts(arrivals=(replace(ARRIVAL, raw=OriginalGone("the topic was made anew")),)))
    gone = step(story, "gone")
    words = "the original at raw.summaries 3:41 has gone (the topic was made anew), the row is what is left"
    assert gone.sentence == words
    assert not {"stored", "signature"} & set(kinds(story))
    assert step(story, "verdict")


def test_verdict_and_changed_names() -> None:
    """Each entity with its verdict, the names of what changed, and how many there are beyond those."""
    story = told(facts())
    assert step(story, "verdict").sentence == "s1 is CHANGED: 25 fields (duration, hr_lowest and 23 more)"
    assert step(story, "processed").sentence == "processed by the worker w0, code 1.2.3, 0.15 s later"


def test_samples_by_verdict() -> None:
    """Of samples the counts."""
    row = replace(ROW, entities=(), counted=(Tally("NEW", 3), Tally("SAME", 1197)))
    story = told(facts(arrivals=(replace(ARRIVAL, row=row),)))
    assert step(story, "counted").sentence == "samples: 3 NEW, 1,197 SAME"


def test_clean_records_without_values() -> None:
    """Places and counts; a record only where it was asked for."""
    clean = step(told(facts()), "clean")
    assert clean.sentence.startswith("1 record in sleep: 3:9")
    assert clean.evidence == ("sleep 3:9",)
    assert "record" not in clean.facts["found"][0]
    shown = replace(CLEAN, record={"duration": 27000})
    (found,) = step(told(facts(arrivals=(replace(ARRIVAL, clean=CleanLook((shown,))),))), "clean").facts["found"]
    assert found["record"] == {"duration": 27000}


def test_clean_records_that_were_not_found() -> None:
    """The row says how many there were; why they are not here is among what is missing."""
    story = told(facts(arrivals=(replace(ARRIVAL, clean=CleanLook((), ("expired in sleep",))),)))
    assert step(story, "clean").sentence == "1 record in sleep"
    assert "expired in sleep" in story.missing


def test_who_has_read_it() -> None:
    """Each group: passed, or how many it has to go; what a sink's offset does not say is said."""
    sink = ReaderSeen("g-sink-postgres", "sleep", 3, 0, note="its own position is in its database")
    readers = ReaderLook((*ARRIVAL.readers.seen, sink), ("2 groups were not asked",))
    story = told(facts(arrivals=(replace(ARRIVAL, readers=readers),)))
    said = [one.sentence for one in story.steps if one.kind == "read"]
    assert said[1:] == [
        "warehouse has 12,100 to go in sleep",
        "g-sink-postgres has read it in sleep (its own position is in its database)",
    ]
    assert "2 groups were not asked" in story.missing


def test_a_dead_letter_and_its_way_back() -> None:
    """Where it lies, and the command that puts it back."""
    story = told(facts(arrivals=(DEAD_ARRIVAL,), letters=(letter(),)))
    assert kinds(story)[-2:] == ["dead", "redrive"]
    assert step(story, "dead").evidence == ("dead_letters 3:7",)
    assert step(story, "redrive").evidence == ("junction-streams dead-letters redrive 3:7",)


def test_a_dead_letter_whose_redrive_is_not_known() -> None:
    """Why is among what is missing."""
    seen = LetterSeen(letter().letter, NotKnown("the letter cannot be read"))
    story = told(facts(arrivals=(DEAD_ARRIVAL,), letters=(seen,)))
    assert "redrive" not in kinds(story)
    assert "the letter cannot be read" in story.missing


def test_a_letter_of_the_door() -> None:
    """It was taken, and could not be read: no raw record."""
    story = told(absent(letters=(letter(raw_topic="", raw_partition=-1, raw_offset=-1),)))
    assert kinds(story) == ["made", "taken", "dead", "redrive"]


TWICE = (
    ARRIVAL,
    Arrival(
        row=replace(ROW, offset=80, received_ms=MADE_MS + 9_000, processed_ms=MADE_MS + 9_300, clean=(), entities=()),
        raw=replace(RAW, stored_ms=MADE_MS + 9_100),
    ),
)


def test_who_says_when_it_was_made() -> None:
    """Its id; else its row or its raw record, whose headers say it; of a page that we fetched nobody at Junction."""
    assert step(told(facts()), "made").sentence.endswith("by the time in its id")
    named = delivery_id("daily.data.sleep.created/1")
    by_row = step(told(facts(id=named)), "made")
    assert (by_row.at_ms, by_row.sentence.endswith("by its headers")) == (MADE_MS, True)
    by_raw = facts(id=named, arrivals=(replace(ARRIVAL, row=replace(ROW, created_ms=0)),))
    assert step(told(by_raw), "made").at_ms == MADE_MS
    unread = facts(id=named, arrivals=(replace(ARRIVAL, raw=NotKnown("away")),))
    assert step(told(unread), "made").at_ms == MADE_MS
    assert (
        step(told(facts(id=delivery_id(f"bf_{'0' * 32}.3.0"))), "made").sentence
        == "we fetched it, a page of a backfill"
    )


def test_the_same_id_twice() -> None:
    """Both arrivals, each with its steps together, and the refusal between them in its place."""
    story = told(facts(arrivals=TWICE, door=refused_at(5)))
    assert [one for one in kinds(story) if one in ("taken", "processed", "refused")] == [
        "taken",
        "processed",
        "refused",
        "taken",
        "processed",
    ]
    assert story.sentence.endswith("it came 2 times")


def test_put_back_is_told_where_it_happened() -> None:
    """Death, the way back, and what became of it then."""
    again = Arrival(
        row=replace(ROW, offset=90, processed_ms=NOW_MS, redriven_from="3:7"), raw=replace(RAW, stored_ms=NOW_MS - 50)
    )
    story = told(facts(arrivals=(DEAD_ARRIVAL, again), letters=(letter(redriven_ms=NOW_MS - 100),)))
    names = kinds(story)
    assert names.index("dead") < names.index("put_back") < names.index("redriven") < names.index("verdict")
    assert step(story, "redriven").at_ms == NOW_MS - 100
    assert names.count("taken") == 1


def test_waiting_is_the_last_step() -> None:
    """What has not been processed has no verdict."""
    tail = TailLook(NOW_MS, place=RAW.place, before=3)
    story = told(absent(arrivals=(Arrival(row=None, raw=RAW),), tail=tail))
    assert kinds(story) == ["made", "taken", "stored", "signature", "waiting"]


def test_alerts_and_each_attempt() -> None:
    """In order; a rule that it moved is told once."""
    row = replace(ROW, alerts=(MOVED, MOVED._replace(rule=ALERT.rule, step=ALERT.life)))
    story = told(facts(alerts=(ALERT,), arrivals=(replace(ARRIVAL, row=row),)))
    assert kinds(story)[-4:] == ["alert", "alert_attempt", "alert_attempt", "moved"]
    said = [one.sentence for one in story.steps[-3:]]
    assert said[0].startswith("attempt 1 to bring it to pager: failed (timeout)")
    assert said[2] == "it moved an alert of the rule night-pulse: updated"


HEARD = Heartbeats(MADE_MS - MINUTE_MS, MADE_MS + MINUTE_MS, NOW_MS)
SILENT = Heartbeats(MADE_MS - DAY_MS, MADE_MS + 10 * MINUTE_MS, NOW_MS)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (absent(heartbeats=HEARD), "gateways were accepting then: deliveries were taken at"),
        (absent(heartbeats=SILENT), "no gateway is known to have taken anything then: nothing after"),
        (absent(heartbeats=HEARD._replace(after_ms=0)), "shortly before"),
        (absent(heartbeats=SILENT._replace(after_ms=0)), "since"),
        (absent(heartbeats=Heartbeats()), "no heartbeat of a gateway is on record"),
        (absent(door=DoorLook(accepting_since_ms=MADE_MS - 1)), "they run since"),
    ],
)
def test_whether_we_were_accepting(known: DeliveryFacts, words: str) -> None:
    """By what gateways say of themselves, else by heartbeats around the time when it was made."""
    assert words in step(told(known), "accepting").sentence


def test_gateways_that_started_later_say_nothing_of_then() -> None:
    """A start behind the time in question is no proof; heartbeats go on."""
    known = absent(door=DoorLook(accepting_since_ms=MADE_MS + 1), heartbeats=SILENT)
    assert "nothing after" in step(told(known), "accepting").sentence


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (absent(door=DoorLook(accepting_since_ms=MADE_MS)), "they run since"),
        (absent(heartbeats=Heartbeats(MADE_MS - 5 * MINUTE_MS, MADE_MS + 5 * MINUTE_MS)), "were accepting then"),
        (absent(heartbeats=Heartbeats(MADE_MS - 5 * MINUTE_MS, MADE_MS + 5 * MINUTE_MS + 1)), "is known to have taken"),
        (absent(heartbeats=Heartbeats(MADE_MS - 10 * MINUTE_MS)), "shortly before"),
        (absent(heartbeats=Heartbeats(MADE_MS - 10 * MINUTE_MS - 1)), "is known to have taken"),
    ],
)
def test_how_long_a_silence_needs_no_reason(known: DeliveryFacts, words: str) -> None:
    """Ten minutes, to the millisecond; a start at the very time counts."""
    assert words in step(told(known), "accepting").sentence


def test_a_heartbeat_that_is_not_due_is_not_missed() -> None:
    """They are written once a minute: before that nobody says that nothing was taken."""
    heard = Heartbeats(MADE_MS - 35_000, 0, MADE_MS - 35_000)
    just = step(told(absent(now_ms=heard.before_ms + 2 * MINUTE_MS, heartbeats=heard)), "accepting")
    assert just.sentence.endswith("; the next heartbeat is not due yet")
    later = step(told(absent(now_ms=heard.before_ms + 2 * MINUTE_MS + 1, heartbeats=heard)), "accepting")
    assert later.sentence.endswith(", and none is known since")


def test_whether_it_is_over() -> None:
    """Only of a delivery whose time is known, and only once the last attempt is over."""
    assert not is_over(absent())
    assert is_over(absent(now_ms=last_try_ms(MADE_MS)))
    assert not is_over(absent(now_ms=last_try_ms(MADE_MS) - 1))
    assert not is_over(absent(id=delivery_id("msg_recorded_1"), now_ms=NOW_MS + 3 * DAY_MS))


def test_a_first_attempt_is_no_repetition() -> None:
    """Just made: Junction sends it, and not again."""
    soon = TailLook(MADE_MS + 10)
    first = told(absent(now_ms=MADE_MS + 10, tail=soon)).sentence
    assert first.startswith("never seen; Junction sends it, any moment")
    assert "Junction sends it again" in told(absent(now_ms=MADE_MS + 10, tail=soon, door=refused_at(0.001))).sentence


def test_a_raw_record_of_another_place_is_not_what_waits() -> None:
    """Only of the record that the search has found it is known whether it waits."""
    tail = TailLook(NOW_MS, place=RAW.place._replace(offset=40))
    assert kinds(told(absent(arrivals=(Arrival(row=None, raw=RAW),), tail=tail))) == [
        "made",
        "taken",
        "stored",
        "signature",
    ]


def test_what_to_do() -> None:
    """First wait, then recover, fetch, or the portal, which is linked where its address is known."""
    story = told(absent(portal="https://portal"))
    assert kinds(story) == ["made", "next_try", "to_do", "to_do", "to_do"]
    commands = [one.evidence[0] for one in story.steps if one.kind == "to_do"]
    assert commands == [
        "junction-streams webhooks recover --since 2026-06-03",
        "junction-streams fetch --user USER --from 2026-06-03",
        "https://portal",
    ]
    assert all(one.sentence.startswith("if it does not come: ") for one in story.steps if one.kind == "to_do")


def test_what_to_do_when_it_is_over() -> None:
    """Nothing comes by itself any more."""
    now_ms = MADE_MS + 3 * DAY_MS
    story = told(absent(now_ms=now_ms, reach=replace(REACH, as_of_ms=now_ms), tail=TailLook(now_ms)))
    assert "next_try" not in kinds(story)
    assert not any(one.sentence.startswith("if ") for one in story.steps if one.kind == "to_do")


@pytest.mark.parametrize("text", [f"bf_{'0' * 32}.3.0", "daily.data.sleep.created/1"])
def test_what_to_do_without_junctions_schedule(text: str) -> None:
    """A page and a pipeline's message are not sent again by anybody, and `recover` is of webhooks."""
    story = told(absent(id=delivery_id(text)))
    assert "next_try" not in kinds(story)
    assert not any("recover" in one for step in story.steps for one in step.evidence)


def test_a_refusal_says_what_it_means() -> None:
    """Status, outcome in words, and whether the signature held."""
    sentence = step(told(absent(door=refused_at(1))), "refused").sentence
    assert sentence.startswith("the endpoint junction answered 503 unavailable: Kafka did not confirm it in time")
    assert "a secret of ours signed it" in sentence
    cut = step(told(absent(door=refused_at(1, is_signed=None, is_cut=True, endpoint=""))), "refused").sentence
    assert "not ours" in cut
    assert "only the beginning is known" in cut


def test_everything_that_is_missing_is_said() -> None:
    """Each part has a sentence of its own, once; the rest of the answer stays."""
    gone = [NotKnown(f"why {n}") for n in range(6)]
    arrival = replace(ARRIVAL, raw=replace(RAW, proof=gone[0]), readers=ReaderLook((), ("readers", "readers")))
    known = facts(
        arrivals=(arrival,), letters=gone[1], alerts=gone[2], door=gone[3], heartbeats=gone[4], tail=gone[5],
        reach=replace(REACH, behind_s=12.0),
    )  # fmt: skip
    story = told(known)
    assert story.ending == "processed"
    assert sorted(story.missing[:-1]) == sorted([*(one.why for one in gone), "readers"])
    assert "the index is 12 s behind" in story.missing[-1]
    assert told(facts(door=DoorLook(missing=("a gateway is away",)))).missing == ("a gateway is away",)


def test_what_gateways_may_have_forgotten() -> None:
    """Of a delivery that is nowhere it is said from when on refusals are remembered; of one that came nobody asks."""
    door = DoorLook(remembers_since_ms=MADE_MS + 1)
    assert told(absent(door=door)).missing == ("what gateways refused before 2026-06-03 15:20:00 UTC is forgotten",)
    assert told(absent(door=replace(door, remembers_since_ms=MADE_MS))).missing == ()
    assert told(facts(door=door)).missing == ()


def test_how_far_the_rows_reach() -> None:
    """Every story says it, 0 where it is not known."""
    assert told(facts()).reaches_ms == REACH.first_ms
    assert told(facts(reach=NotKnown("away"))).reaches_ms == 0
