"""What can be done to sinks and to their database. Each act blocks for as long as it lasts."""

import time
from random import Random
from signal import SIGCONT

import psycopg
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.postgres.tables.layout import PLANS
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import StreamsError
from tests.chaos import disks, sinks
from tests.chaos.stage import Stage

PROGRESS_S = 8.0
FULL_S = 6.0
BUSY_S = 4.0
_BUSY = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE application_name = 'junction-streams' AND state LIKE %s LIMIT 1"
)


def in_the_middle(stage: Stage, chance: Random) -> None:
    """Wait until something is written, and a little longer."""
    before, until_s = sinks.progress(stage.settings), time.monotonic() + PROGRESS_S
    while sinks.progress(stage.settings) <= before and time.monotonic() < until_s:
        time.sleep(0.05)
    time.sleep(chance.uniform(0, 0.4))


def kill_sink(stage: Stage, chance: Random) -> None:
    """SIGKILL one sink while it writes."""
    in_the_middle(stage, chance)
    stage.kill(chance.choice(stage.sinks))


def nap(stage: Stage, chance: Random) -> None:
    """A sink stops itself before a batch's transaction, or in it, for longer than its session, then SIGCONT."""
    trap = stage.folder / chance.choice(["nap_before", "nap_within"])
    taken = trap.with_suffix(".taken")
    taken.unlink(missing_ok=True)
    trap.touch()
    until_s = time.monotonic() + PROGRESS_S
    while not taken.exists() and time.monotonic() < until_s:
        time.sleep(0.05)
    stage.naps[f"sink's {trap.name}", taken.exists()] += 1
    trap.unlink(missing_ok=True)
    time.sleep(chance.uniform(7, 11))
    for name in stage.sinks:
        stage.send(name, SIGCONT)


def kill_postgres(stage: Stage, chance: Random) -> None:
    """SIGKILL PostgreSQL while somebody writes, start it again on its data."""
    assert stage.database
    in_the_middle(stage, chance)
    stage.database.server.kill()
    time.sleep(chance.uniform(0.2, 3))
    stage.database.server.start()


def end_session(stage: Stage, chance: Random) -> None:
    """The session of a sink is ended by PostgreSQL, in the middle of a transaction where one is met."""
    in_the_middle(stage, chance)
    until_s = time.monotonic() + BUSY_S
    with psycopg.connect(stage.settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        while time.monotonic() < until_s:
            if connection.execute(_BUSY, ("idle in transaction%",)).fetchone():
                return
        connection.execute(_BUSY, ("%",))


def fill_disk(stage: Stage, chance: Random) -> None:
    """Not a byte is left for PostgreSQL; six seconds later there is room again."""
    assert stage.database
    assert stage.database.disk
    ballast = stage.database.disk / "ballast"
    disks.fill(ballast)
    time.sleep(FULL_S)
    ballast.unlink()
    try:
        stage.database.server.check()
    except StreamsError:  # where it cannot write its log, it ends
        stage.database.server.start()


def rewind(stage: Stage, chance: Random) -> None:
    """A sink stops, the offsets of its group are set back to 0, or the group is deleted, and it starts again."""
    settings = stage.settings
    name = stage.sinks[0]
    stage.stop(name)
    group, admin = f"{settings.group_id}-sink-{settings.postgres_sink}", AdminClient(for_librdkafka(settings))
    if chance.random() < 0.5:
        places = [
            TopicPartition(f"{settings.topic_prefix}.{topic}", partition, 0)
            for topic in PLANS for partition in range(settings.partitions)
        ]  # fmt: skip
        wanted = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])
    else:
        wanted = admin.delete_consumer_groups([group])
    for future in wanted.values():
        future.result(20)
    stage.start(name)
