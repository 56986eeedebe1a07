"""Settings: read once, frozen, checked, and silent about secrets."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from docs.make import configuration
from streams.engine.work.producer import transactional_id
from streams.events import topics
from streams.letters import redrive
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

NAME = st.sampled_from(["redrive", "fetcher", "fetcher-w0", "w0"]) | st.from_regex(
    r"[A-Za-z0-9._-]{1,20}", fullmatch=True
)
MARK = "whsec_dGhlLW1hcmtlci10aGF0LW11c3Qtbm90LXNob3c="


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no .env of the machine that runs the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("STREAMS_")]:
        monkeypatch.delenv(name)


def with_secrets(**more: object) -> Settings:
    return Settings(
        endpoints={"main": [SecretStr(MARK)]}, sasl_password=SecretStr(MARK), registry_password=SecretStr(MARK), **more
    )


def test_defaults_bind_loopback() -> None:
    """Nothing listens to the network until someone says so."""
    settings = Settings()
    assert (settings.gateway_host, settings.metrics_host) == ("127.0.0.1", "127.0.0.1")


def test_the_reply_comes_before_junction_gives_up() -> None:
    """Junction waits 15 s for a reply, so no setting may make us wait as long for Kafka."""
    assert Settings().publish_timeout_s < 15
    with pytest.raises(ValidationError, match="less than 15"):
        Settings(publish_timeout_s=15)


def test_secrets_never_show() -> None:
    """repr, str, dumps: none of them prints a secret."""
    settings = with_secrets()
    shown = [repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()]
    assert all(MARK not in text and MARK[6:] not in text for text in shown)


@pytest.mark.parametrize(
    "value",
    [
        f'{{"main": ["{MARK}"',  # not JSON
        f'["{MARK}"]',
        f'{{"main": "{MARK}"}}',
        f'{{"main": [{{"{MARK}": 1}}]}}',
        MARK,
    ],
)
def test_an_error_does_not_tell_the_secret(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A mistyped STREAMS_ENDPOINTS is reported by name; neither str nor repr of the error holds its value."""
    monkeypatch.setenv("STREAMS_ENDPOINTS", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "endpoints" in str(caught.value)
    assert MARK not in str(caught.value) + repr(caught.value) + repr(caught.value.__cause__)


def test_endpoints_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One JSON variable holds every endpoint and all its live secrets, newest first."""
    monkeypatch.setenv("STREAMS_ENDPOINTS", json.dumps({"main": [MARK, "whsec_old"], "labs": ["whsec_labs"]}))
    endpoints = Settings().endpoints
    assert {name: [s.get_secret_value() for s in secrets] for name, secrets in endpoints.items()} == {
        "main": [MARK, "whsec_old"],
        "labs": ["whsec_labs"],
    }


def test_dotenv_and_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` in the working directory is read; the environment wins over it; unknown names in it are left alone."""
    Path(".env").write_text("STREAMS_PARTITIONS=7\nSTREAMS_GATEWAY_PORT=1\nPOSTGRES_PASSWORD=x\n")
    monkeypatch.setenv("STREAMS_GATEWAY_PORT", "2")
    assert (Settings().partitions, Settings().gateway_port) == (7, 2)


def test_secret_files_are_read(tmp_path: Path) -> None:
    """A file named after the variable in the secrets folder is a setting, as Docker and Kubernetes mount them."""
    (tmp_path / "streams_endpoints").write_text(json.dumps({"main": [MARK]}))
    (tmp_path / "streams_sasl_password").write_text(f"{MARK}\n")
    settings = Settings(_secrets_dir=tmp_path)
    assert settings.endpoints["main"][0].get_secret_value() == MARK
    assert settings.sasl_password.get_secret_value() == MARK


def test_empty_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose hands an unset variable on as an empty text; the default holds then."""
    for name in ("STREAMS_PARTITIONS", "STREAMS_ENDPOINTS", "STREAMS_SSL_CA_FILE"):
        monkeypatch.setenv(name, "")
    assert (Settings().partitions, Settings().endpoints, Settings().ssl_ca_file) == (12, {}, None)


def test_settings_are_frozen() -> None:
    """Read once: nobody changes a setting while the process runs."""
    with pytest.raises(ValidationError):
        Settings().partitions = 3  # type: ignore[misc]  # because the test is that assignment fails


@pytest.mark.parametrize(
    "bad",
    [
        {"topic_prefix": "with space"},
        {"topic_prefix": ""},
        {"partitions": 0},
        {"gateway_port": 70_000},
        {"group_id": "a/b"},
        {"group_id": "prod-fetcher"},
        {"group_id": "prod-notify-clinic"},
        {"worker_id": "redrive"},
        {"worker_id": "fetcher-w0"},
        {"log_level": "LOUD"},
        {"security_protocol": "TLS"},
        {"session_timeout_s": 1},
        {"body_bytes_max": 1},
    ],
)
def test_nonsense_is_refused(bad: dict[str, object]) -> None:
    """A setting that cannot work stops the process at its start."""
    with pytest.raises(ValidationError, match=next(iter(bad))):
        Settings(**bad)


@given(worker=NAME, other=NAME)
def test_no_two_processes_have_one_transactional_id(worker: str, other: str) -> None:
    """Within a group a worker, a fetcher and a redrive never fence each other, whatever they are called."""
    try:
        settings, others = Settings(worker_id=worker), Settings(worker_id=other)
    except ValidationError:
        return
    fetchers = others.model_copy(update={"group_id": topics.fetch_group(others.group_id)})
    ids = [transactional_id(settings), transactional_id(fetchers), redrive._conf(settings)["transactional.id"]]
    assert len(set(ids)) == 3


def test_the_page_of_settings_is_current() -> None:
    """docs/configuration.md is what the settings say: run `make docs` after a change."""
    assert configuration.PAGE.read_text(encoding="utf-8") == configuration.page()


def test_every_setting_is_explained() -> None:
    """Each setting has a sentence, and each section of the page begins at a setting."""
    assert all(field.description and field.description.endswith(".") for field in Settings.model_fields.values())
    assert set(configuration.SECTIONS) <= set(Settings.model_fields)


def test_a_login_names_a_mechanism_of_ours() -> None:
    """In capitals, as Kafka's clients want it; without one, or with another one, no process starts."""
    assert Settings(security_protocol="SASL_SSL", sasl_mechanism="scram-sha-512").sasl_mechanism == "SCRAM-SHA-512"
    with pytest.raises(ValidationError, match="PLAIN, SCRAM-SHA-256"):
        Settings(security_protocol="SASL_SSL", sasl_mechanism="GSSAPI")
    with pytest.raises(Misconfigured, match="STREAMS_SASL_MECHANISM is not set"):
        Settings(security_protocol="SASL_SSL")
