"""What is done to a door, its pipeline and Kafka under load. Each returns what only it can see."""

import time
from collections.abc import Callable
from typing import NamedTuple

from streams.ops.errors import Unavailable
from tests.chaos.doors.load import Load
from tests.chaos.doors.stage import DoorStage

KILLS = 9
BETWEEN_S = 1.5


def door_kill(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """SIGKILL to the door, 9 times; it is started again."""
    for _ in range(KILLS):
        time.sleep(max(seconds / KILLS - BETWEEN_S, 0.2))
        stage.kill()
        stage.start()
    return {"kills": KILLS}


def door_broker(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """SIGKILL to the pipeline's broker, three times; it comes back on its data. The door stays."""
    before = stage.door
    for _ in range(3):
        time.sleep(seconds / 6)
        stage.pipeline.kill()
        time.sleep(min(seconds / 12, 3))
        stage.pipeline.restart()
    assert stage.door is before
    return {"restarts": 3}


def door_kafka_away(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """Kafka is killed and comes back; nothing is acknowledged meanwhile, and nothing goes back to the queue."""
    time.sleep(2)
    stage.cluster.kafka.kill()
    time.sleep(3)
    stage.rss_mib.clear()
    settled, until_s = stage.metric("settled_total"), time.monotonic() + seconds
    is_red = False
    while time.monotonic() < until_s:
        stage.look()
        is_red = is_red or not stage.metric("ready")
        time.sleep(0.5)
    more = stage.metric("settled_total") - settled
    stage.cluster.kafka.restart()
    stage.wait(lambda: stage.metric("ready") == 1, 60)
    return {"settled_meanwhile": more, "went_red": is_red, "returned": stage.metric("redelivered_total")}


class Scene(NamedTuple):
    """`must`: figures of the act that have to be as given."""

    act: Callable[[DoorStage, Load, float], dict[str, float]]
    must: dict[str, float]


SCENES = {
    "door_kill": Scene(door_kill, {}),
    "door_broker": Scene(door_broker, {}),
    "door_kafka_away": Scene(door_kafka_away, {"settled_meanwhile": 0, "went_red": True, "returned": 0}),
}


def drained(stage: DoorStage, seconds: float) -> None:
    """Until nothing waits in the pipeline and nothing is held. Raises Unavailable."""
    quiet = 0
    deadline_s = time.monotonic() + seconds
    while quiet < 3:
        is_quiet = stage.pipeline.waiting() <= 0 and stage.metric("held") == 0 and stage.metric("ready") == 1
        quiet = quiet + 1 if is_quiet else 0
        if time.monotonic() > deadline_s:
            raise Unavailable(f"{stage.pipeline.waiting()} messages wait after {seconds:.0f} s")
        time.sleep(0.4)
