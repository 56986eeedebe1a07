"""Secrets of docker-compose.yml: files that a script makes, each for those who need it; and the logins on Kafka."""

import re
import stat
import subprocess
from pathlib import Path

import pytest

from streams.events.parts import Part
from streams.ops.settings import Settings
from tests.deploy.test_compose import COMPOSE, OURS, ROOT, SERVICES, environment, every_service, secrets_of

SCRIPT = ROOT / "deploy/secrets.sh"
SECRET = re.compile(r"PASSWORD|SECRET|ENDPOINTS|TOKEN|RECEIVERS|(POSTGRES|RABBITMQ)_URL|CREDENTIALS|_(KEY|CONNECTION)$")
PASSWORD = "streams_sasl_password"
LOGINS = {f"streams-{part}" for part in Part}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the script makes."""
    folder = tmp_path_factory.mktemp("checkout")
    subprocess.run([SCRIPT, folder], check=True, capture_output=True)
    return folder / "secrets"


@every_service
def test_no_secret_is_a_variable(name: str) -> None:
    """`docker inspect` shows variables to whoever may use Docker: a service is told where its secret lies."""
    told = {v: value for v, value in environment(SERVICES[name]).items() if SECRET.search(v)}
    files = {f"/run/secrets/{target}" for target in secrets_of(SERVICES[name])}
    assert set(told.values()) - {"/run/secrets"} <= files, told


def test_the_script_makes_every_secret(made: Path) -> None:
    """What compose mounts is there, but for the certificate; the others are logins that no service of compose has."""
    files = {Path(one["file"]).name for one in COMPOSE["secrets"].values()} - {"proxy_certificate.pem", "proxy_key.pem"}
    used = {source for service in SERVICES.values() for source in secrets_of(service).values()}
    assert used == set(COMPOSE["secrets"])
    others = {path.name for path in made.iterdir()} - files
    assert files <= {path.name for path in made.iterdir()}
    assert all(name.startswith("kafka_streams-") for name in others), others


def test_only_containers_see_them(made: Path) -> None:
    """The folder is closed to other users of the host; a file is open, as a container's user has to read it."""
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o644}


def test_passwords_are_kept(made: Path) -> None:
    """A second run changes nothing but what is made of a password that was changed, and that in place."""
    changed, jaas = made / "kafka_streams-worker", made / "kafka_jaas.conf"
    others = {path: path.read_bytes() for path in made.iterdir() if path not in (changed, jaas)}
    changed.write_text("another")
    inode = jaas.stat().st_ino
    subprocess.run([SCRIPT, made.parent], check=True, capture_output=True)
    assert {path: path.read_bytes() for path in others} == others
    assert jaas.read_text().count('user_streams-worker="another"') == 2
    assert jaas.stat().st_ino == inode


def test_ours_are_settings(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file under /run/secrets of one of our services is a setting by its name, and what the script wrote is one."""
    fields = {f"streams_{name}" for name in Settings.model_fields} | {"google_credentials.json"}  # Google's own library
    for name in OURS:
        assert set(secrets_of(SERVICES[name])) <= fields
    monkeypatch.chdir(made)
    settings = Settings(_env_file=None, _secrets_dir=made)  # type: ignore[call-arg]  # because pydantic-settings adds them
    assert settings.endpoints["junction"][0].get_secret_value().startswith("whsec_")
    assert settings.notify_receivers == {}
    assert settings.junction_api_key.get_secret_value() == ""


@every_service
def test_each_service_has_its_own_login(name: str) -> None:
    """Who speaks to Kafka does it as its role, with the password of that login; the administrator is `init` alone."""
    user = environment(SERVICES[name]).get("STREAMS_SASL_USERNAME")
    if user is None:
        assert PASSWORD not in secrets_of(SERVICES[name])
        return
    assert secrets_of(SERVICES[name])[PASSWORD] == f"kafka_{user}"
    assert (user == "admin") == (name == "init")
    assert user == "admin" or user in LOGINS


def test_kafka_knows_every_login(made: Path) -> None:
    """Both listeners that others reach ask for a login, and have the administrator and every role."""
    kafka = environment(SERVICES["kafka"])
    protocols = dict(one.split(":") for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    for listener in kafka["KAFKA_LISTENERS"].split(","):
        name, host, _ = re.split(r"://|:(?=\d)", listener)
        assert (protocols[name] == "PLAINTEXT") == (host == "127.0.0.1"), listener
        if host != "127.0.0.1":
            users = re.search(
                rf"^{name.lower()}.KafkaServer {{(.*?)}};", (made / "kafka_jaas.conf").read_text(), re.M | re.S
            )
            assert users
            assert set(re.findall(r"user_([\w-]+)=", users[1])) == {"admin", *LOGINS}


def test_secrets_of_a_version_that_had_them_in_env_are_kept(tmp_path: Path) -> None:
    """The registry's database knows its password, and Junction signs with the secret it has: others would stop both."""
    endpoints = '{"junction": ["whsec_first", "whsec_second"]}'
    lines = [f"STREAMS_ENDPOINTS='{endpoints}'", "POSTGRES_PASSWORD=of the volume", 'SINK_DB_PASSWORD="quoted"']
    (tmp_path / ".env").write_text("\n".join([*lines, "GRAFANA_PASSWORD=", "#STREAMS_QUERY_TOKEN=comment"]))
    subprocess.run([SCRIPT, tmp_path], check=True, capture_output=True)
    found = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert found["streams_endpoints"] == endpoints
    assert (found["postgres_password"], found["sink_db_password"]) == ("of the volume", "quoted")
    assert "of the volume" in found["registry.properties"]
    assert "streams:quoted@sink-db" in found["streams_postgres_url"]
    assert all(len(found[name]) == 48 for name in ("grafana_password", "streams_query_token"))
