"""Dead letters and drift on a real Kafka: what is put back is put back once, and the report reads its topic."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from confluent_kafka import Producer

from streams.cli.show import drift
from streams.cli.show.letters import print_letter, print_letters, print_redrive
from streams.events import topics
from streams.events.headers import H_DETAIL, H_ID, H_REASON, H_REDRIVEN_FROM, header
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Messages
from streams.letters import redrive
from streams.letters.letter import LetterFilter
from streams.letters.redrive import RedriveOutcome
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.folding import NOW_MS, Worker, raw
from tests.letters.test_letter import at_the_door, died
from tests.ops.test_terminal import HOSTILE, MARKUP, is_hidden
from tests.strategies import envelope

LETTERS = 250  # more than one transaction holds
SOURCE = {"provider": "garmin", "type": "watch"}


@pytest.fixture
def small(settings: Settings) -> Settings:
    """One partition a topic, made."""
    one = settings.model_copy(update={"partitions": 1})
    admin.apply(one)
    return one


def body(n: int) -> bytes:
    return json.dumps(envelope("daily.data.body.created", {"id": f"b{n}", "source": SOURCE, "mood": "marker"})).encode()


@pytest.fixture
def dead(small: Settings) -> Settings:
    """Some letters that can be processed by now, and one that cannot."""
    producer = Producer(for_librdkafka(small))
    for letter in [died(at_the_door(body(n))) for n in range(LETTERS)] + [died(raw(b"{", topic="x"))]:
        name = f"{small.topic_prefix}.{topics.DEAD_LETTERS}"
        producer.produce(name, letter.body, letter.key, 0, headers=letter.headers)
    producer.flush()
    return small


def put_back(settings: Settings) -> list[RedriveOutcome]:
    """As far as it comes: another redrive may take over."""
    outcomes = []
    try:
        for outcome in redrive.redrive(settings, LetterFilter(reason="bad_shape"), dry_run=False, rate=0):
            outcomes.append(outcome)
    except Misconfigured:  # fenced; nothing of its open transaction is to be seen
        pass
    return outcomes


def returned(settings: Settings) -> Iterator[str]:
    """The marks of what is on the raw topic, committed."""
    with closing(Messages(settings, [f"{settings.topic_prefix}.raw.summaries"], from_beginning=True)) as found:
        for message in found.until_now():
            yield header(message.headers() or [], H_REDRIVEN_FROM)


def test_each_letter_goes_back_once(dead: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Planned, then by three at once, then again: every letter is on its raw topic once, and the last run says so."""
    planned = Counter(one.outcome for one in redrive.redrive(dead, LetterFilter(), dry_run=True, rate=0))
    assert planned == {"would_redrive": LETTERS, "refused": 1}
    assert list(returned(dead)) == []
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(put_back, [dead] * 3))
    runs.append(put_back(dead))
    marks = Counter(returned(dead))
    assert len(marks) == LETTERS
    assert set(marks.values()) == {1}
    again = Counter(one.outcome for one in put_back(dead))
    assert again == {"already": LETTERS, "refused": 1}

    print_redrive(dead, LetterFilter(place="0:7"), dry_run=False, rate=1, as_json=True)
    assert json.loads(capsys.readouterr().out)["counts"] == {"already": 1}
    print_letters(dead, LetterFilter(), 3, as_json=True)
    listed = json.loads(capsys.readouterr().out)
    assert (listed["matching"], listed["reasons"], len(listed["letters"])) == (
        LETTERS + 1,
        {"bad_shape": LETTERS + 1},
        3,
    )


def test_values_only_where_they_are_asked_for(dead: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """`show` tells reason, outcome and shape; the body is in it with --reveal alone."""
    for as_json in (False, True):
        print_letter(dead, "0:3", reveal=False, as_json=as_json)
        shown = capsys.readouterr().out
        assert "marker" not in shown
        assert "$.data.mood: string" in shown
        print_letter(dead, "0:3", reveal=True, as_json=as_json)
        assert "marker" in capsys.readouterr().out
    with pytest.raises(Misconfigured, match="no dead letter at 9:9"):
        print_letter(dead, "9:9", reveal=False, as_json=True)


def test_a_letter_cannot_write_on_the_screen(small: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Headers and shapes of a hostile letter are told in list, show and redrive; its body as it is, in a pipe."""
    hostile = json.dumps({"event_type": f"x{HOSTILE}", "user_id": "u", HOSTILE: 1}).encode()
    headers = [(name, HOSTILE.encode("utf-8", "replace")) for name in (H_ID, H_REASON, H_DETAIL)]
    producer = Producer(for_librdkafka(small))
    producer.produce(f"{small.topic_prefix}.{topics.DEAD_LETTERS}", hostile, b"u", 0, headers=headers)
    producer.flush()
    print_letters(small, LetterFilter(), 3, as_json=False)
    print_letter(small, "0:0", reveal=False, as_json=False)
    print_redrive(small, LetterFilter(), dry_run=True, rate=0, as_json=False)
    out = capsys.readouterr().out
    assert not [one for one in out if is_hidden(one) and one != "\n"]
    assert "\nFAKE" not in out
    assert MARKUP in out
    print_letter(small, "0:0", reveal=True, as_json=False)
    assert hostile.decode() in capsys.readouterr().out


def test_the_report_reads_its_topic(small: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest record of each item counts."""
    drift.print_drift(small, kind="", since_ms=None, as_json=False)
    assert capsys.readouterr().out.startswith("no drift")
    worker, producer = Worker(), Producer(for_librdkafka(small))
    codec = Codec(registry.register(small))
    for n in range(3):
        worker.run(raw(body(n), offset=n, id=f"msg_{n}"))
    for clean in worker.drift:
        at = {name: round(clean.record[name].timestamp() * 1000) for name in ("first_seen_at", "last_seen_at")}
        producer.produce(f"{small.topic_prefix}.drift", codec.encode("drift", clean.record | at), clean.key, 0)
    producer.flush()
    drift.print_drift(small, kind="field", since_ms=NOW_MS, as_json=True)
    (item,) = json.loads(capsys.readouterr().out)["items"]
    assert (item["path"], item["count"]) == ("$.data.(rare)", 3)  # of one user
    drift.print_drift(small, kind="", since_ms=NOW_MS + 1, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"items": []}


def test_a_contradiction_goes_back_only_by_its_name(small: Settings) -> None:
    """Whose it is was said in two ways: a wide filter leaves it, its reason or its place is a person's decision."""
    producer = Producer(for_librdkafka(small))
    letter = died(at_the_door(body(1)))
    headers = [(name, b"envelope_conflict" if name == H_REASON else value) for name, value in letter.headers]
    producer.produce(f"{small.topic_prefix}.{topics.DEAD_LETTERS}", letter.body, letter.key, 0, headers=headers)
    producer.flush()
    wanted = [LetterFilter(), LetterFilter(event_type="*"), LetterFilter(reason="envelope_conflict")]
    found = [next(redrive.redrive(small, one, dry_run=True, rate=0)) for one in (*wanted, LetterFilter(place="0:0"))]
    assert [one.outcome for one in found] == ["refused", "refused", "would_redrive", "would_redrive"]
    assert "--reason envelope_conflict" in found[0].why
