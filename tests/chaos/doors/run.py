"""One scene: a stage, load, what is done, until all is there; then the verdict."""

from dataclasses import dataclass, field
from pathlib import Path

from streams.demo.cluster import Cluster
from streams.ops.settings import Settings
from tests.chaos.doors.acts import KNOWN, drained
from tests.chaos.doors.load import Load
from tests.chaos.doors.pipeline import Pipeline
from tests.chaos.doors.stage import staged
from tests.chaos.doors.verdict import DoorVerdict, judge
from tests.doors import stored

DRAIN_S = 120.0


@dataclass
class DoorResult:
    """Of one scene with one door. `figures`: what the act saw. `wrong`: sentences."""

    name: str
    door: str
    verdict: DoorVerdict
    figures: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    rss_mib: float = 0.0
    published_again: int = 0

    @property
    def is_right(self) -> bool:
        return self.verdict.is_right and not self.wrong


def run(
    name: str, pipeline: Pipeline, cluster: Cluster, settings: Settings, folder: Path, *, seconds: float, rate: float,
    users: int = 20,
) -> DoorResult:  # fmt: skip
    """`pipeline`: new, and closed by whoever made it."""
    scene = KNOWN[name]
    with staged(cluster, settings, pipeline, folder) as stage:
        load = Load(pipeline, rate, users)
        load.start()
        figures = scene.act(stage, load, seconds)
        load.finish()
        drained(stage, load, DRAIN_S)
        stage.look()
    result = DoorResult(name, pipeline.door, judge(load.confirmed, stored(settings)), figures)
    result.wrong += [f"the door ended: {words}" for words in stage.ended]
    result.wrong += [f"{key} is {figures[key]}" for key, value in scene.must.items() if figures[key] != value]
    result.rss_mib, result.published_again = max(stage.rss_mib, default=0.0), load.again
    return result
