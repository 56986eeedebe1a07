"""`source setup` at the fake Org Management API: what is printed, what is sent, what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiormq
import pytest
import pytest_asyncio

from streams.cli.source_setup import _secret
from streams.demo.pipelines.pubsub import FakePubSub
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.ops.errors import Misconfigured
from streams.simulator.api.app import FakeApi
from streams.simulator.api.serve import running
from tests.cli.test_commands import run
from tests.connectors.junction.pipelines import AZURE, MARKER, ORG, OTHER_TEAM, TEAM, URI
from tests.simulator.worlds import world

RABBIT = ("source", "setup", "rabbitmq", "--uri-file", "login", "--push-history", "--prefix", "daily.")


Fake = tuple[FakeApi, dict[str, str]]


@pytest_asyncio.fixture
async def fake() -> AsyncIterator[Fake]:
    """It, and the settings that lead to it."""
    api = FakeApi(world(users=1, days=1))
    async with running(api) as url:
        env = {"STREAMS_JUNCTION_MANAGEMENT_URL": url, "STREAMS_JUNCTION_MANAGEMENT_KEY": "mg_fake"}
        yield api, {**env, "STREAMS_JUNCTION_ORG_ID": ORG, "STREAMS_JUNCTION_TEAM_ID": TEAM}


@pytest.fixture(autouse=True)
def _logins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("login").write_text(f"{URI.get_secret_value()}\n")
    Path("send").write_text(f"{AZURE.get_secret_value()}\n")


async def setup(*words: str, **env: str) -> tuple[int, str]:
    """Exit code, and all that was printed; a secret is never in it."""
    ended = await asyncio.to_thread(run, *words, **env)
    said = ended.stdout + ended.stderr
    assert MARKER not in said
    assert "Traceback" not in said
    return ended.returncode, said


async def test_printed_sent_once_and_removed(fake: Fake) -> None:
    """Without --apply it is compared and not sent; with it, sent once; both say what differs. And the way back."""
    api, env = fake
    code, planned = await setup(*RABBIT, **env)
    assert code == 0
    assert "pipeline: one is wanted, none is there" in planned
    assert "Nothing was sent" in planned
    assert api.pipelines.calls == {"GET": 1}
    for posts, words in ((1, "Junction has it as it was sent"), (1, "nothing was sent")):
        code, applied = await setup(*RABBIT, "--apply", **env)
        assert (code, api.pipelines.calls["POST"]) == (0, posts)
        assert words in applied
    for words in (("nothing was sent",), ("Junction has no pipeline any more", "--apply")):
        code, removed = await setup("source", "setup", "remove", *words[1:], **env)
        assert (code, words[0] in removed) == (0, True)
    assert api.pipelines.calls["DELETE"] == 1
    assert '"uri": "amqps://junction:***@broker.example.org/health"' in applied


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("pubsub", "--project", "p", "--topic", "t"), "cloud_pubsub"),
        (("eventhubs", "--connection-file", "send", "--hub", "h", "--matcher", "labtest.=labs"), "azure_amqp"),
    ],
)
async def test_without_a_key_the_body_is_printed(words: tuple[str, ...], key: str) -> None:
    """For whoever sends it otherwise; JSON with every option in its place."""
    options = ("--team", TEAM, "--team", OTHER_TEAM, "--raw-data", "--preferred", "pipeline")
    code, said = await setup("source", "setup", *words, *options)
    body = json.loads(said[said.index("{\n") : said.rindex("}") + 1])
    assert code == 0
    assert body["team_ids"] == [TEAM, OTHER_TEAM]
    assert body["preferences"] == {"preferred": key, "enabled": [key]}
    assert body["provider_raw_data"] is True
    assert "set STREAMS_JUNCTION_MANAGEMENT_KEY" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("source", "setup", "rabbitmq", "--declare", "--apply"), "--apply needs --uri-file"),
        (("source", "setup", "pubsub"), "set STREAMS_PUBSUB_TOPIC"),
        (
            ("source", "setup", "pubsub", "--declare", "--project", "p", "--topic", "t"),
            "set STREAMS_PUBSUB_SUBSCRIPTION",
        ),
        ((*RABBIT, "--apply", "--team", TEAM), "no management key"),
        (("source", "setup", "rabbitmq", "--uri-file", "send", "--team", TEAM), "amqps://user:password@host"),
    ],
)
async def test_what_is_missing_is_a_sentence(words: tuple[str, ...], said: str) -> None:
    """Exit 2, before anything is sent, and nothing of a file's text."""
    code, found = await setup(*words)
    assert code == 2
    assert said in found


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_a_sentence(content: bytes | None) -> None:
    """One that is not there, and one that is no text."""
    if content:
        Path("odd").write_bytes(content)
    with pytest.raises(Misconfigured, match="odd"):
        _secret(Path("odd"))


async def test_an_address_of_a_folder_is_refused(fake: Fake, tmp_path: Path) -> None:
    """Whoever wrote the folder's `.env` would get the broker's login, with a key of their own beside the address."""
    api, env = fake
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    code, said = await setup(*RABBIT, "--apply")
    assert code == 2
    assert "may not say where a login of your broker is sent" in said
    assert not api.pipelines.calls


async def test_a_real_broker_gets_its_queue(rabbitmq: RabbitMQ, prefix: str) -> None:
    """--declare makes exchange and queue of the settings and says so; without a file nothing is told to Junction."""
    names = {"STREAMS_RABBITMQ_QUEUE": prefix, "STREAMS_RABBITMQ_EXCHANGE": f"{prefix}-x"}
    command = ("source", "setup", "rabbitmq", "--declare")
    url = rabbitmq.url.get_secret_value()
    code, said = await setup(*command, STREAMS_RABBITMQ_URL=url, **names)
    if code == 3:  # on a busy machine it did not answer, and says to try again
        code, said = await setup(*command, STREAMS_RABBITMQ_URL=url, **names)
    assert (code, said) == (0, f"RabbitMQ has the exchange {prefix}-x and the queue {prefix}, bound\n")
    connection = await aiormq.connect(url)
    channel = await connection.channel()
    assert (await channel.queue_declare(prefix, passive=True)).message_count == 0
    await connection.close()


async def test_topic_and_subscription_are_made_then_there(pubsub: FakePubSub) -> None:
    """--declare alone needs no team; again, with one, it changes nothing, and Junction is told that topic."""
    env = {"STREAMS_PUBSUB_ENDPOINT": pubsub.endpoint, "STREAMS_PUBSUB_TOPIC": "projects/p/topics/setup"}
    env["STREAMS_PUBSUB_SUBSCRIPTION"] = "projects/p/subscriptions/setup"
    code, said = await setup("source", "setup", "pubsub", "--declare", **env)
    assert (code, said.strip()) == (0, "Pub/Sub has projects/p/topics/setup and projects/p/subscriptions/setup")
    code, said = await setup("source", "setup", "pubsub", "--declare", "--team", TEAM, **env)
    assert code == 0
    assert '"topic": "setup"' in said
