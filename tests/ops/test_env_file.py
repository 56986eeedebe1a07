"""A folder's `.env` does not say where a secret from elsewhere is sent."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.ops import env_file
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.cli.test_commands import run

SECRETS = list(env_file.GOES_TO.items())
PAIRS = [(secret, address) for secret, addresses in SECRETS for address in addresses]
VALUES = {
    "query_port": "8070",
    "console_host": "evil",
    "console_port": "8060",
    "security_protocol": "PLAINTEXT",
    "sasl_mechanism": "PLAIN",
    "bootstrap_servers": "evil.example:9092",
}


@pytest.fixture(autouse=True)
def _in_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def variable(name: str) -> str:
    return f"STREAMS_{name.upper()}"


def line(name: str) -> str:
    return f"{variable(name)}={VALUES.get(name, 'https://evil.example')}\n"


@pytest.mark.parametrize(("secret", "address"), PAIRS)
def test_a_secret_of_the_environment_is_not_redirected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secret: str, address: str
) -> None:
    """Address from the file, secret from elsewhere: refused, naming both variables and no value."""
    Path(".env").write_text(line(address))
    monkeypatch.setenv(variable(secret), "planted")
    with pytest.raises(Misconfigured, match=f"{variable(address)} .*{variable(secret)}") as refused:
        env_file.check(Settings())
    assert "planted" not in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(("secret", "address"), PAIRS)
def test_both_from_one_place_are_fine(monkeypatch: pytest.MonkeyPatch, secret: str, address: str) -> None:
    """Both in the file; both in the environment, whatever the file says; an address whose secret nobody has."""
    Path(".env").write_text(f"{line(address)}{variable(secret)}=own\n")
    env_file.check(Settings())
    monkeypatch.setenv(*line(address).strip().split("="))
    monkeypatch.setenv(variable(secret), "planted")
    env_file.check(Settings())
    Path(".env").write_text(line(address))
    monkeypatch.delenv(variable(secret))
    env_file.check(Settings())


def test_every_secret_knows_its_way() -> None:
    """A new secret setting has to be put into the table, or here: these are sent to nobody."""
    # Verified with; sent to the addresses that stand beside them, or in them.
    kept = {
        "endpoints",
        "notify_receivers",
        "postgres_url",
        "rabbitmq_url",
        "event_hubs_connection",
        "ssl_key_password",
        "registry_key_password",
    }
    kept |= {"oauth_key_password"}  # they open files of ours
    secrets = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    assert secrets <= set(env_file.GOES_TO) | kept


def test_a_command_refuses_such_a_folder(tmp_path: Path) -> None:
    """`status` sends no token to the address of a stranger's file: exit 2, one sentence."""
    Path(".env").write_text("STREAMS_QUERY_URL=http://127.0.0.1:9\n")
    ended = run("status", "somebody", STREAMS_QUERY_TOKEN="planted")
    assert ended.returncode == 2
    assert "may not say where a secret of yours is sent" in ended.stderr
    assert "planted" not in ended.stderr


def test_a_secret_of_the_command_line_is_not_redirected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An address from the file alone is refused whatever else is in it; exported, or absent, it is right."""
    address = "junction_management_url"
    env_file.check_address(address, "a login")
    (tmp_path / ".env").write_text(line(address) + line("junction_management_key"))
    with pytest.raises(Misconfigured, match=r"STREAMS_JUNCTION_MANAGEMENT_URL comes from .* a login") as caught:
        env_file.check_address(address, "a login")
    assert "evil" not in str(caught.value)
    monkeypatch.setenv(variable(address), "https://mine.example")
    env_file.check_address(address, "a login")
