"""What is done to a door, its pipeline and Kafka under load. Each returns what only it can see."""

import time
from collections.abc import Callable
from typing import NamedTuple

from tests.chaos.doors.load import Load
from tests.chaos.doors.stage import DoorStage
from tests.chaos.doors.verdict import judge
from tests.doors import stored

KILLS = 9
BETWEEN_S = 1.5
LEASE_S = 10  # the shortest that every pipeline knows
FLOOD_PER_S = 16_700  # messages for each second that a scene is given: a million in a minute's


def door_kill(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """SIGKILL to the door, 9 times; it is started again."""
    return _kill(stage, seconds, KILLS)


def door_kill_short(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """Twice."""
    return _kill(stage, seconds, 2)


def _kill(stage: DoorStage, seconds: float, times: int) -> dict[str, float]:
    for _ in range(times):
        time.sleep(max(seconds / times - BETWEEN_S, 0.2))
        stage.kill()
        stage.start()
    return {"kills": times}


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


def door_lease(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """Kafka is away until the pipeline takes back what is held. It is received once more, after Kafka has it."""
    return door_kafka_away(stage, load, max(seconds, LEASE_S * 2.5))


def door_flood(stage: DoorStage, load: Load, seconds: float) -> dict[str, float]:
    """Much waits as the door starts: it takes no more memory than it says."""
    load.finish()
    stage.stop()
    flooded = load.flood(int(seconds * FLOOD_PER_S))
    began_s = time.monotonic()
    stage.start()
    stage.rss_mib.clear()
    stage.wait(lambda: stage.metric("settled_total") >= flooded, 30 + 10 * seconds)
    return {"waited": flooded, "per_s": round(flooded / (time.monotonic() - began_s))}


class Scene(NamedTuple):
    """`must`: figures of the act that have to be as given. `is_short_of_time`: the pipeline's lease is LEASE_S."""

    act: Callable[[DoorStage, Load, float], dict[str, float]]
    must: dict[str, float]
    is_short_of_time: bool = False


SCENES = {
    "door_kill": Scene(door_kill, {}),
    "door_broker": Scene(door_broker, {}),
    "door_kafka_away": Scene(door_kafka_away, {"settled_meanwhile": 0, "went_red": True, "returned": 0}),
    "door_lease": Scene(door_lease, {"settled_meanwhile": 0, "went_red": True}, is_short_of_time=True),
    "door_flood": Scene(door_flood, {}),
}
KNOWN = SCENES | {"door_kill_short": Scene(door_kill_short, {})}


def drained(stage: DoorStage, load: Load, seconds: float) -> None:
    """Until Kafka has all that was confirmed, and nothing waits where a pipeline says that. Raises Unavailable."""

    def is_over() -> bool:
        if stage.metric("held") or stage.pipeline.waiting() > 0:
            return False
        return not judge(load.confirmed, stored(stage.settings)).lost

    stage.wait(is_over, seconds)
