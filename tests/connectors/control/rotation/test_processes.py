"""A rotation with a gateway of two processes, the command as it runs; and what strangers on the host see meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from connectors.control import signing_secret
from streams.demo.cluster import MockCluster
from streams.kafka import admin
from streams.ops.settings import LOCAL_REGISTRY, Settings
from tests.connectors.control.rotation.stage import RotationStage, stage
from tests.connectors.control.rotation.test_rotation import RUN_S, ok
from tests.connectors.webhook.gateways import make_settings
from tests.connectors.webhook.test_process import Gateway, running


@pytest.fixture
def kafka() -> Iterator[Settings]:
    layout = {topic.name: topic.partitions for topic in admin.layout_of(make_settings())}
    with MockCluster(layout) as cluster:
        yield make_settings(bootstrap_servers=cluster.bootstrap_servers, registry_url=LOCAL_REGISTRY)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[RotationStage]:
    with stage(tmp_path, 0) as one:
        yield one


def two_processes(kafka: Settings, made: RotationStage, folder: Path) -> AbstractContextManager[Gateway]:
    endpoints = f'{{"junction": "file:{made.file}"}}'
    more = {"STREAMS_REGISTRY_URL": LOCAL_REGISTRY, "STREAMS_GATEWAY_PROCESSES": "2", "STREAMS_ENDPOINTS": endpoints}
    return running(kafka, folder, **more)


def name_gateway(made: RotationStage, url: str) -> None:
    made.toml.write_text(made.toml.read_text().replace("gateways = []", f'gateways = ["{url}"]'))


def test_every_process_takes_it(kafka: Settings, made: RotationStage, tmp_path: Path) -> None:
    """Each of the two is seen to have it before Junction is told, and the old one is refused by both."""
    with two_processes(kafka, made, tmp_path) as gateway:
        gateway.wait_ready()
        name_gateway(made, gateway.url)
        assert "2 processes said so" in ok(made, "--leaked")
        rows = httpx.get(f"{gateway.admin}/secrets").json()
        (new,) = made.secrets()
        assert {(row["process"], row["fingerprint"]) for row in rows} == {
            (n, signing_secret.fingerprint(signing_secret.SecretStr(new))) for n in (0, 1)
        }
        told = gateway.log.read_text() + httpx.get(f"{gateway.admin}/metrics").text
    assert not any(secret.removeprefix("whsec_")[:16] in told for secret in (new, made.first))


def test_what_others_on_the_host_see(made: RotationStage, tmp_path: Path) -> None:
    """No argument and no variable of the command, or of anything that it starts, holds a signing secret."""
    name_gateway(made, "http://127.0.0.1:9")  # nobody is there, so that it waits
    env = {"PATH": os.environ["PATH"], **made.env}
    words = [sys.executable, "-m", "streams.cli", "webhooks", "rotate", "junction", "--file", str(made.toml)]
    with subprocess.Popen([*words, "--wait", "2"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        seen, deadline_s = "", time.monotonic() + RUN_S
        while process.poll() is None and time.monotonic() < deadline_s:
            try:
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
                seen += str([(one.cmdline(), one.environ()) for one in family])
            except psutil.Error:
                continue
            time.sleep(0.05)
        out, err = process.communicate()
    assert "rotate" in seen
    assert made.first.removeprefix("whsec_")[:16] not in seen + out.decode() + err.decode()
