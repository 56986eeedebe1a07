"""The people to whom something happens: the rest of the world stays as it is, and the alerts are those that must be."""

from dataclasses import replace

from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.alerts.rules import parser
from streams.alerts.rules.rule_set import RuleSet
from streams.events import topics
from streams.kafka import codec
from streams.kafka.codec import Codec
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.people import stories
from streams.simulator.truth import alarms
from streams.simulator.world.world import World
from streams.tables.draft import Draft
from streams.tables.overlay import Rows
from tests.simulator.test_against_folds import PREFIX, stored

WORLD = World(seed=3, users=4, days=3, end_ms=1_780_272_000_000)
TOLD = replace(WORLD, has_stories=True)


def alerts(chaos_seed: int, *, every: int = 200) -> list[dict[str, object]]:
    """Records of the topic, from the product's folds; timers are looked at now and then, and in the end."""
    codec_of_all = Codec(dict.fromkeys(topics.avro_topics(), 1))
    watched = Alerts(codec_of_all, PREFIX, RuleSet.of(parser.parse(stories.RULES).rules))
    folds = assembly.folds(codec_of_all, PREFIX, watched)
    tables: dict[str, dict[bytes, bytes]] = {}
    found: list[dict[str, object]] = []
    now_ms = TOLD.end_ms + 30_000

    def draft() -> Draft:
        def scan(table: str, start: bytes, stop: bytes) -> Rows:
            return iter(sorted((k, v) for k, v in tables.get(table, {}).items() if start <= k < stop))

        made = Draft(lambda table, key: tables.get(table, {}).get(key), 0, now_ms, scan)
        made.complete_ms = now_ms
        return made

    def commit(done: Draft) -> None:
        for table, written in done.tables.items():
            rows = tables.setdefault(table, {})
            for key, value in written.items():
                rows.pop(key, None) if value is None else rows.__setitem__(key, value)
        for emit in done.emits:
            if emit.topic == f"{PREFIX}.{topics.ALERTS}":
                found.append(codec.decode(emit.value or b"", codec.parsed("Alert")))

    faults = Faults(chaos_seed, duplicates=0.2, late=0.05, lost_ack=0.05, reorder_window_s=3600)
    for offset, attempt in enumerate(schedule(TOLD.events(), faults)):
        now_ms += 5
        record = stored(attempt.event, now_ms, offset)
        one = draft()
        one.run(folds[record.topic.removeprefix(f"{PREFIX}.")], record)
        commit(one)
        if offset % every == 0:
            timer = draft()
            watched.punctuate(timer)
            commit(timer)
    return found


def test_stories_disturb_nobody() -> None:
    """The events of everybody else are the same, byte for byte."""
    others = {event.message_id for event in WORLD.events() if event.user_id}
    assert others <= {event.message_id for event in TOLD.events()}
    users = {event.user_id for event in TOLD.events()} - {event.user_id for event in WORLD.events()}
    assert len(users) == 2


def test_both_alerts_open_and_resolve() -> None:
    """Days of data that arrive in a minute, repeated and out of order: exactly the alerts of the two stories stand."""
    events = list(TOLD.events())
    for seed in (1, 2):
        verdict = alarms.compare(events, alerts(seed))
        assert verdict.is_right, verdict
        assert [alarm.rule for alarm in verdict.stories] == ["glucose-low", "glucose-silent"]
        assert all(alarm.ended_us is not None for alarm in verdict.stories)


def test_a_comparison_can_fail() -> None:
    """A missing alert, a wrong time, one too many: each is seen."""
    events, told = list(TOLD.events()), alerts(1)
    assert len(alarms.compare(events, []).lost) == 2
    wrong = [{**one, "opened_at": one["first_at"]} for one in told]
    assert not alarms.compare(events, wrong).is_right
    more = [*told, {**told[0], "id": "other", "user_id": "nobody"}]
    assert len(alarms.compare(events, more).unexpected) == 1
