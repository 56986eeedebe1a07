"""A worker on a Kafka that asks for TLS and a login of each kind: every client of it, and who is refused."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import conn as aiokafka_conn
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from pydantic import SecretStr

from streams.demo.cluster import jars
from streams.engine.work.producer import TransactionalProducer
from streams.kafka import admin
from streams.kafka.login import sessions
from streams.kafka.login.aiokafka import for_aiokafka
from streams.kafka.ping import ping
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests import token_server
from tests.engine.rig import RIGHT, Rig, keys
from tests.secured import PASSWORD, PLAIN_PASSWORD, PLAIN_USER, SESSION_S, USER, Authority, SecuredKafka
from tests.token_server import TokenServer

WRONG = "another-password"
WORKER_SCOPE = "worker"  # of the process's own tokens
TOKEN_S = 6.0
FRIGHTENING = ('"level": "error"', '"level": "warning"', "coordinator")
REFRESHES = 3  # of the worker's token, under load
STEPS = int(SESSION_S) + 2  # of a second and more


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("secured")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder / "authority")


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Authority:
    """Nobody's authority here."""
    return Authority(folder / "stranger")


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    with token_server.running(TOKEN_S) as server:
        yield server


@pytest.fixture(scope="module")
def kafka(java: None, folder: Path, authority: Authority, tokens: TokenServer) -> Iterator[SecuredKafka]:
    running = SecuredKafka(jars.resolve(), folder / "kafka", authority, tokens)
    try:
        running.start()
        running.add_user()
        yield running
    finally:
        running.stop(discard=True)


@pytest.fixture
def by_password(kafka: SecuredKafka, authority: Authority, prefix: str, tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        bootstrap_servers=kafka.by_password,
        security_protocol="SASL_SSL",
        sasl_mechanism="scram-sha-512",
        sasl_username=USER,
        sasl_password=SecretStr(PASSWORD),
        ssl_ca_file=authority.ca,
        topic_prefix=prefix,
        group_id=f"{prefix}-group",
        partitions=4,
        state_dir=tmp_path / "state",
    )


@pytest.fixture
def by_certificate(by_password: Settings, kafka: SecuredKafka, authority: Authority) -> Settings:
    cert, key = authority.issue("worker", PASSWORD)
    changed = {"security_protocol": "SSL", "ssl_cert_file": cert, "ssl_key_file": key, "sasl_mechanism": ""}
    changed["ssl_key_password"] = SecretStr(PASSWORD)
    return by_password.model_copy(update={"bootstrap_servers": kafka.by_certificate, **changed})


@pytest.fixture
def by_plain(by_password: Settings, kafka: SecuredKafka) -> Settings:
    login = {"sasl_mechanism": "PLAIN", "sasl_username": PLAIN_USER, "sasl_password": SecretStr(PLAIN_PASSWORD)}
    return by_password.model_copy(update={"bootstrap_servers": kafka.by_token, **login})


@pytest.fixture
def by_token(by_plain: Settings, tokens: TokenServer) -> Settings:
    login = {
        "sasl_mechanism": "OAUTHBEARER",
        "oauth_token_url": tokens.token_url,
        "oauth_client_id": token_server.CLIENT,
        "oauth_client_secret": SecretStr(token_server.SECRET),
        "oauth_scope": WORKER_SCOPE,
        "oauth_extensions": {"logicalCluster": "lkc-1"},
    }
    return by_plain.model_copy(update=login)


def environment(settings: Settings) -> dict[str, str]:
    """What a worker's process needs to connect like these settings."""
    return {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_SECURITY_PROTOCOL": settings.security_protocol,
        "STREAMS_SASL_MECHANISM": settings.sasl_mechanism,
        "STREAMS_SASL_USERNAME": settings.sasl_username,
        "STREAMS_SASL_PASSWORD": settings.sasl_password.get_secret_value(),
        "STREAMS_SSL_CA_FILE": str(settings.ssl_ca_file),
        "STREAMS_SSL_KEY_PASSWORD": settings.ssl_key_password.get_secret_value(),
        "STREAMS_OAUTH_EXTENSIONS": ",".join(f"{name}={value}" for name, value in settings.oauth_extensions.items()),
        "STREAMS_OAUTH_TOKEN_URL": settings.oauth_token_url,
        "STREAMS_OAUTH_CLIENT_ID": settings.oauth_client_id,
        "STREAMS_OAUTH_CLIENT_SECRET": settings.oauth_client_secret.get_secret_value(),
        "STREAMS_OAUTH_SCOPE": settings.oauth_scope,
    } | {
        f"STREAMS_SSL_{name}_FILE": str(file)
        for name, file in (("CERT", settings.ssl_cert_file), ("KEY", settings.ssl_key_file))
        if file
    }


@pytest.fixture(params=["by_password", "by_certificate", "by_token"])
def rig(request: pytest.FixtureRequest, kafka: SecuredKafka, tokens: TokenServer) -> Iterator[Rig]:
    """Its worker logs in; what feeds and reads does not."""
    settings: Settings = request.getfixturevalue(request.param)
    tokens.forms.clear()
    clear = {"security_protocol": "PLAINTEXT", "bootstrap_servers": kafka.bootstrap_servers}
    rig = Rig(settings.model_copy(update=clear), env=environment(settings))
    yield rig
    rig.close()


def test_exactly_once(rig: Rig, tokens: TokenServer) -> None:
    """Every key once, over a kill, lost tables, and sessions that end: nothing of those is seen in the log."""
    for begin in (0, 2_000):
        rig.start()
        rig.feed(keys(begin, begin + 3_000))
        rig.drain()
        rig.kill()
        rig.wipe()
    rig.start()
    rig.until(lambda: rig.members() == 1, 20, "it does not come back")
    end, first = 5_000, len(tokens.forms)
    for step in range(20):
        rig.feed(keys(end, end := end + 100))
        rig.drain()
        if step >= STEPS and (not tokens.forms or len(tokens.forms) >= first + REFRESHES):
            break
        time.sleep(1.0)
    assert rig.stop() == 0
    assert rig.verdict(keys(0, end)) == RIGHT
    log = rig.log("w0")
    assert not any(secret in log for secret in (PASSWORD, PLAIN_PASSWORD, token_server.SECRET, *tokens.given))
    assert not [line for line in log.splitlines() if any(word in line for word in FRIGHTENING)]


def test_by_plain(by_plain: Settings) -> None:
    """Name and password as they are, over TLS: both libraries connect; another password is refused."""
    ping(by_plain)
    producer = TransactionalProducer(by_plain)
    producer.init()
    producer.close()
    with pytest.raises(Misconfigured, match=r"login is refused.*STREAMS_SASL_PASSWORD"):
        ping(by_plain.model_copy(update={"sasl_password": SecretStr(WRONG)}))


@pytest.fixture
def renewing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker's process has it."""
    monkeypatch.setattr(aiokafka_conn, "AIOKafkaConnection", sessions.Connection)
    monkeypatch.setattr(AIOKafkaClient, "_get_conn", sessions._get_conn)


@pytest.mark.usefixtures("renewing")
async def test_an_open_connection_logs_in_again(by_password: Settings) -> None:
    """When it is due, before the next request; where that is refused another connection takes its place."""
    client = AIOKafkaClient(**for_aiokafka(by_password))
    await client.bootstrap()
    (node,) = [broker.nodeId for broker in client.cluster.brokers()]
    connection = await client._get_conn(node)
    assert 0 < connection.due_s - time.monotonic() < SESSION_S
    connection.due_s = time.monotonic()
    found = await asyncio.gather(*(client.send(node, MetadataRequest([])) for _ in range(3)))
    assert len(found) == 3
    assert await client._get_conn(node) is connection
    assert connection.due_s > time.monotonic()
    connection.due_s, connection._sasl_plain_password = 0.0, WRONG
    assert await client._get_conn(node) is None
    assert await client.send(node, MetadataRequest([]))
    assert await client._get_conn(node) is not connection
    await client.close()


@pytest.mark.usefixtures("renewing")
async def test_a_token_that_is_refused(by_token: Settings, tokens: TokenServer) -> None:
    """It is no login: aiokafka alone takes the reason for a success, and wonders at the next request."""
    tokens.claims = {"aud": "another"}
    client = AIOKafkaClient(**for_aiokafka(by_token.model_copy(update={"oauth_scope": "refused"})))
    try:
        with pytest.raises(KafkaConnectionError, match="Unable to bootstrap"):
            await client.bootstrap()
    finally:
        tokens.claims = {}
        await client.close()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sasl_password": SecretStr(WRONG)}, "login is refused.*STREAMS_SASL_PASSWORD"),
        ({"sasl_mechanism": "PLAIN"}, "login is refused.*STREAMS_SASL_MECHANISM"),
        ({"ssl_ca_file": "stranger"}, "STREAMS_SSL_CA_FILE"),
        ({"ssl_ca_file": Path("/nowhere.pem")}, "ssl.ca.location"),
    ],
)
def test_refused_by_password(
    by_password: Settings, stranger: Authority, change: dict[str, object], sentence: str
) -> None:
    """What a person has to mend ends a start with a sentence that names the setting, and tells no secret."""
    change = {name: stranger.ca if value == "stranger" else value for name, value in change.items()}
    with pytest.raises(Misconfigured, match=sentence) as error:
        ping(by_password.model_copy(update=change))
    assert PASSWORD not in str(error.value)
    assert WRONG not in str(error.value)


def test_refused_certificate(by_certificate: Settings, stranger: Authority) -> None:
    """One of another authority, and none at all."""
    cert, key = stranger.issue("worker")
    for change in ({"ssl_cert_file": cert, "ssl_key_file": key}, {"ssl_cert_file": None, "ssl_key_file": None}):
        with pytest.raises(Misconfigured, match=r"our certificate is refused.*STREAMS_SSL_CERT_FILE"):
            ping(by_certificate.model_copy(update=change))


def test_topics_are_asked_for_with_the_same_sentence(by_password: Settings) -> None:
    """A worker, a fetcher and a notifier compare the topics first."""
    with pytest.raises(Misconfigured, match=r"STREAMS_SASL_PASSWORD"):
        admin.check_layout(by_password.model_copy(update={"sasl_password": SecretStr(WRONG)}))


def test_worker_is_refused(by_password: Settings) -> None:
    """Its process ends with the sentence; neither password is in its log."""
    rig = Rig(by_password, env=environment(by_password) | {"STREAMS_SASL_PASSWORD": WRONG})
    try:
        assert rig.start().wait(30) == 1
        assert "Misconfigured: the login is refused" in rig.log("w0")
        assert not any(secret in rig.log("w0") for secret in (PASSWORD, WRONG))
    finally:
        rig.close()
