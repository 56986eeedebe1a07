"""Where everything of a running demo is."""

from dataclasses import dataclass, replace
from pathlib import Path

from streams.demo.cluster.supervise import Child
from streams.demo.pipelines.running import RunningPipeline
from streams.demo.roles import NOBODY, Roles
from streams.events.doors import DoorName
from streams.events.parts import Part
from streams.ops.settings import Settings

ENDPOINT = "junction"


@dataclass(frozen=True)
class Stack:
    """`kind` says in a few words what Kafka this is. `pipeline`: through which the events come; None: by webhook."""

    settings: Settings
    secret: str
    kind: str
    folder: Path
    gateway: Child
    worker: Child
    fetcher: Child | None = None
    sink: Child | None = None
    notify: Child | None = None
    source: Child | None = None
    console: Child | None = None
    pipeline: RunningPipeline | None = None
    roles: Roles = NOBODY
    api_url: str = ""
    more_targets: tuple[tuple[str, str], ...] = ()

    @property
    def services(self) -> tuple[tuple[Child | None, str], ...]:
        """Each with its name; None for one that is not part of this demo."""
        return (
            (self.gateway, "gateway"), (self.worker, "worker"), (self.fetcher, "fetcher"), (self.sink, "sink"),
            (self.notify, "notify"), (self.source, "source"), (self.console, "console"),
        )  # fmt: skip

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.gateway_port}"

    @property
    def gateway_admin_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.gateway_admin_port}"

    @property
    def worker_metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.settings.metrics_port}/metrics"

    @property
    def source_metrics_url(self) -> str:
        return f"http://{self.targets['source']}/metrics"

    @property
    def door(self) -> DoorName:
        """By which the events come."""
        return self.pipeline.door if self.pipeline else DoorName.WEBHOOK

    @property
    def targets(self) -> dict[str, str]:
        """Where each process serves its metrics, `host:port` by job."""
        gateway, worker = self.settings.gateway_admin_port, self.settings.metrics_port
        return {"gateway": f"127.0.0.1:{gateway}", "worker": f"127.0.0.1:{worker}", **dict(self.more_targets)}

    def settings_of(self, part: Part) -> Settings:
        """The settings with the login of a role."""
        return self.roles.settings(part, self.settings)

    def also(self, job: str, port: str) -> "Stack":
        """With one more process that serves metrics."""
        return replace(self, more_targets=(*self.more_targets, (job, f"127.0.0.1:{port}")))
