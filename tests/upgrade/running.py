"""Gateway and worker of one version, from its own checkout and environment."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import SecretStr

from streams.demo.cluster import Cluster
from streams.demo.cluster.ports import random_free
from streams.demo.cluster.supervise import Child
from streams.ops.settings import Settings
from tests.waiting import ready

HERE = Path(__file__).resolve().parents[2]
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
READY_S = 60.0


def settings_of(cluster: Cluster, folder: Path, worker_id: str = "w0") -> Settings:
    """One gateway and one worker beside each other, on free ports."""
    return Settings(
        _env_file=None,  # type: ignore[call-arg]  # because pydantic-settings' own arguments are not in the signature
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        endpoints={"upgrade": [SecretStr(SECRET)]},
        partitions=4,
        gateway_port=random_free(),
        gateway_admin_port=random_free(),
        metrics_port=random_free(),
        query_port=random_free(),
        state_dir=folder / "state",
        worker_id=worker_id,
    )


def environment(settings: Settings) -> dict[str, str]:
    """What both versions are told: settings by their public names."""
    names = (
        "bootstrap_servers",
        "registry_url",
        "partitions",
        "gateway_port",
        "gateway_admin_port",
        "metrics_port",
        "query_port",
        "state_dir",
        "worker_id",
    )
    told = {f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**os.environ, **told, "STREAMS_ENDPOINTS": json.dumps({"upgrade": [SECRET]})}


@contextlib.contextmanager
def running(checkout: Path, settings: Settings, folder: Path) -> Iterator[Child]:
    """Gateway and worker of one version until the block ends; the worker."""
    folder.mkdir()
    python = str(checkout / ".venv" / "bin" / "python")
    with contextlib.ExitStack() as stack:
        children = {}
        for name in ("gateway", "worker"):
            command = [
                python,
                "-P",
                "-m",
                "streams.cli",
                name,
            ]  # -P: of its own checkout, whatever the working directory
            environ = environment(settings) | {"PYTHONPATH": str(checkout)}
            children[name] = Child(command, folder / f"{name}.log", env=environ)
            stack.callback(children[name].stop)
        ready(settings.gateway_admin_port, children)
        yield children["worker"]
