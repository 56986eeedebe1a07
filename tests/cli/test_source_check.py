"""`source check`: exit codes for whoever runs it in a script."""

import asyncio
import json

from connectors.pubsub.topology import declare
from streams.demo.cluster import ports
from streams.demo.pipelines.pubsub import FakePubSub
from streams.ops.settings import Settings
from tests.cli.test_commands import run


def test_exit_codes(pubsub: FakePubSub, prefix: str) -> None:
    """1 where a person has to act, 3 where nobody answers, else 0; as JSON for machines."""
    env = {"STREAMS_PUBSUB_ENDPOINT": pubsub.endpoint, "STREAMS_PUBSUB_TOPIC": f"projects/p/topics/{prefix}"}
    env["STREAMS_PUBSUB_SUBSCRIPTION"] = f"projects/p/subscriptions/{prefix}"
    command = ("source", "check", "pubsub")
    assert run(*command, **env).returncode == 1
    asyncio.run(declare(Settings(_env_file=None, **{name[8:].lower(): text for name, text in env.items()})))
    ended = run(*command, "--json", **env)
    assert (ended.returncode, json.loads(ended.stdout)["exit"]) == (0, 0)
    gone = {**env, "STREAMS_PUBSUB_ENDPOINT": f"http://{ports.LOOPBACK}:{ports.random_free()}"}
    assert run(*command, **gone).returncode == 3
