"""docker-compose.yml: valid by the Compose Specification, pinned, bounded, on loopback, least rights.

No engine runs here; the schema is the specification's own (tests/data/README.md).
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from streams.cli import app
from streams.ops.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if "build" in service}
ONE_SHOT = {"init", "simulator", "cli"}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

every_service = pytest.mark.parametrize("name", SERVICES)


def environment(service: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = service.get("environment", {})
    return found


def secrets_of(service: dict[str, Any]) -> dict[str, str]:
    """File under /run/secrets → name of the secret."""
    given = service.get("secrets", [])
    return {
        one if isinstance(one, str) else one["target"]: one if isinstance(one, str) else one["source"] for one in given
    }


def test_compose_file_is_valid() -> None:
    """Each key and value is what the Compose Specification allows."""
    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text())
    errors = jsonschema.validators.validator_for(schema)(schema).iter_errors(COMPOSE)
    assert [(list(error.absolute_path), error.message) for error in errors] == []


@every_service
def test_image_is_pinned(name: str) -> None:
    """An image has a tag with a full version; ours has the version of the package."""
    tag = SERVICES[name]["image"].partition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), SERVICES[name]["image"]
    assert name not in OURS or tag == VERSION


def test_a_group_keeps_its_place_as_long_as_there_is_something_to_read() -> None:
    """Committed offsets of a group that was stopped outlive the records of the raw topics."""
    minutes = int(environment(SERVICES["kafka"])["KAFKA_OFFSETS_RETENTION_MINUTES"])
    assert minutes >= Settings(_env_file=None).raw_retention_days * 24 * 60


@every_service
def test_service_is_watched_and_bounded(name: str) -> None:
    """Each service has limits and a restart policy; each that stays has a health check with every interval written."""
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    check = service["healthcheck"]
    if name in ONE_SHOT:
        assert service["restart"] in ("no", "on-failure:5")  # never for ever
        assert check == {"disable": True}
    else:
        assert service["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries", "start_period"} <= set(check)


def test_what_compose_needs_is_said() -> None:
    """`start_interval` came with Engine 25, older ones refuse the whole file; secrets have to be made first."""
    text = (ROOT / "docs/deploy.md").read_text()
    assert any("start_interval" in service["healthcheck"] for service in SERVICES.values())
    assert "Docker Engine 25" in text
    assert "sh deploy/secrets.sh" in text


@every_service
def test_service_has_few_rights(name: str) -> None:
    """Nobody is root, nobody keeps a capability or gains one."""
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert "network_mode" not in service


def test_root_is_read_only_or_says_why() -> None:
    """A service with a writable root has a comment that begins with the reason."""
    text = (ROOT / "docker-compose.yml").read_text()
    writable = {name for name, service in SERVICES.items() if not service.get("read_only")}
    assert text.count("# Not read_only, because") == len(writable), writable


@every_service
def test_ports_are_published_on_loopback(name: str) -> None:
    """Nothing is reachable from another machine until a proxy is put in front."""
    ports = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", port) for port in SERVICES[name].get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_variables_of_compose_are_in_the_example() -> None:
    """Every ${VARIABLE} that compose reads is explained in .env.example, with the default that holds."""
    text, example = (ROOT / "docker-compose.yml").read_text(), (ROOT / ".env.example").read_text()
    for variable, default in re.findall(r"\$\{(\w+):-([^}]*)\}", text):
        assert f"#{variable}={default}\n" in example


def test_our_variables_are_settings() -> None:
    """A STREAMS_ variable in compose that is no setting would be ignored in silence."""
    names = {v for service in SERVICES.values() for v in environment(service) if v.startswith("STREAMS_")}
    assert names - ELSEWHERE <= {f"STREAMS_{field.upper()}" for field in Settings.model_fields}


# These go with another Kafka, or another platform, than the ones of docker-compose.yml.
ELSEWHERE = {"STREAMS_GATEWAY_TLS_CERT_FILE", "STREAMS_REPLICATION", "STREAMS_SECRETS_DIR"}


def test_settings_that_an_operator_is_told_of_reach_a_service() -> None:
    """What docs/deploy.md or .env.example names has an effect: .env alone reaches no container."""
    told = "".join((ROOT / page).read_text() for page in ("docs/deploy.md", ".env.example"))
    reached = {name for service in SERVICES.values() for name in environment(service)}
    reached |= {name.upper() for service in SERVICES.values() for name in secrets_of(service)}
    assert set(re.findall(r"\bSTREAMS_[A-Z_]+[A-Z]\b", told)) - ELSEWHERE <= reached


def test_topics_and_services_are_told_the_same() -> None:
    """`init` makes the topics as every service has to find them: what is shared is handed to all of them."""
    shared = COMPOSE["x-environment"].items()
    assert environment(SERVICES["init"]).keys() - dict(shared) == {"STREAMS_SASL_USERNAME"}
    for name in OURS - {"simulator"}:
        assert shared <= environment(SERVICES[name]).items(), name


def test_what_is_left_out_of_the_env_file_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty text, which compose makes of it, leaves every setting at its default."""
    defaults = Settings(_env_file=None)
    optional = re.findall(r"^#(STREAMS_\w+)=$", (ROOT / ".env.example").read_text(), re.M)
    assert "STREAMS_RAW_RETENTION_DAYS" in optional
    for name in optional:
        monkeypatch.setenv(name, "")
    assert Settings(_env_file=None) == defaults


@every_service
def test_what_is_mounted_exists(name: str) -> None:
    """A bind mount of a file that is not there becomes an empty folder; a named volume has to be declared."""
    for volume in SERVICES[name].get("volumes", []):
        source, _, rest = volume.partition(":")
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert rest.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


@every_service
def test_dependencies_are_waited_for(name: str) -> None:
    """Starting order is by health, not by luck, and has no circle."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how["condition"] == expected
        assert name not in SERVICES[other].get("depends_on", {})


def commands() -> Iterator[list[str]]:
    """What our containers run, word by word."""
    for name in OURS:
        words = SERVICES[name]["command"]
        if SERVICES[name].get("entrypoint"):
            yield from (shlex.split(part)[1:] for part in words[0].split("&&"))
        elif name != "cli":  # whose command is what a person gives
            yield words


def test_commands_of_compose_are_commands_of_the_product() -> None:
    """Every `junction-streams ...` in compose is a command with exactly those options."""
    root = typer.main.get_command(app)
    for words in commands():
        command, rest = root, list(words)
        while hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        command.make_context("x", rest)
