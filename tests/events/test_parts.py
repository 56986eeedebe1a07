"""Who sends and receives what: every topic has its writer, and what is apart stays apart."""

from streams.events import topics
from streams.events.parts import USES, Part, changelogs
from streams.kafka import admin
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None)
LAYOUT = [topic.name for topic in admin.layout_of(SETTINGS)]
SHORT = {name.removeprefix(f"{SETTINGS.topic_prefix}.") for name in LAYOUT if name.startswith("junction.")}


def test_every_name_is_a_topic_and_every_topic_has_a_writer() -> None:
    """A name that is none, or a topic that nobody may write, would be found by a process that stops."""
    for use in USES.values():
        assert {*use.sends, *use.receives} <= SHORT
    logs = {name for part in Part for name in changelogs(part, SETTINGS.group_id)}
    assert SHORT - {topics.HEARTBEATS} <= {name for use in USES.values() for name in use.sends}
    assert logs == set(LAYOUT) - {f"junction.{name}" for name in SHORT}


def test_every_current_state_has_one_writer() -> None:
    """Two who write a compacted topic would overwrite each other; a person's command is no process."""
    services = [part for part, use in USES.items() if use.is_service]
    writers = {name: [part for part in services if name in USES[part].sends] for name in topics.STATES}
    expected = {name: [Part.WORKER] for name in topics.STATES} | {topics.RECONCILIATIONS: [Part.FETCHER]}
    assert writers == expected


def test_the_worker_receives_its_sources() -> None:
    """What Faust subscribes to."""
    assert USES[Part.WORKER].receives == topics.SOURCES


def test_a_consumer_of_summaries_reads_no_labs_and_no_notes() -> None:
    """Nor what may hold anything: events of unknown types, and rows of queries."""
    apart = {topics.LABS, "note", topics.OTHER, topics.QUERY_RESULTS}
    assert apart.isdisjoint(USES[Part.CONSUMER].receives)
    assert {"sleep", "heartrate", topics.CONNECTIONS, topics.ALERTS} <= set(USES[Part.CONSUMER].receives)
    assert USES[Part.LABS].receives == (topics.LABS,)
    assert USES[Part.NOTES].receives == ("note",)


def test_the_operator_reads_and_writes_no_record() -> None:
    """Who makes topics does not see health data by it."""
    assert USES[Part.OPERATOR]._replace(does="") == USES[Part.OPERATOR].__class__("")
