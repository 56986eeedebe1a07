"""The whole chain against the fake Management API and a real gateway."""

import asyncio
import socket
import threading
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from streams.doctor.look.webhooks import chain, is_wanted, series_of
from streams.ops.lines import Line, State
from streams.ops.settings import Settings
from tests.connectors.webhook import gateways
from tests.simulator.management.fakes import ORG, TEAM, Hand, management


def settings_of(url: str, **changes: object) -> Settings:
    base: dict[str, object] = {
        "junction_management_key": SecretStr("mg_fake"),
        "junction_management_url": url,
        "junction_org_id": ORG,
        "junction_team_id": TEAM,
        "endpoints": {"junction": [gateways.SECRET]},
        "insecure": True,
    }
    return Settings(_env_file=None, **base | changes)  # type: ignore[arg-type]  # because the names are settings


async def chained(settings: Settings, path: Path) -> dict[str, list[Line]]:
    """In a thread, as `doctor` runs each check; by what the lines are about."""
    began_s = time.monotonic()
    found = await asyncio.to_thread(chain, settings, path, lambda _: round((time.time() - 60) * 1000))
    assert time.monotonic() - began_s < 10
    by_about: dict[str, list[Line]] = {}
    for line in found:
        by_about.setdefault(line.about, []).append(line)
    return by_about


def toml(path: Path, url: str) -> Path:
    file = path / "webhooks.toml"
    file.write_text(f'[team]\norg = "{ORG}"\nteam = "{TEAM}"\n[endpoint.junction]\nurl = "{url}/webhooks/junction"\n')
    return file


async def made(hand: Hand, url: str, **fields: object) -> None:
    about = "x [junction-streams:junction]"
    await hand.make(url=f"{url}/webhooks/junction", description=about, **fields)


async def test_a_chain_that_is_whole(tmp_path: Path) -> None:
    """Each link right, by one command, without a change at Junction."""
    with gateways.start(gateways.make_settings(endpoints={"junction": [gateways.SECRET]})) as gateway:
        async with management() as hand:
            await made(hand, gateway.url, secret=gateways.SECRET)
            before = dict(hand.fake.webhooks.calls)
            found = await chained(settings_of(hand.url), toml(tmp_path, gateway.url))
            changed = {name for name, count in hand.fake.webhooks.calls.items() if count != before.get(name, 0)}
    states = {about: {line.state for line in lines} for about, lines in found.items()}
    assert states["webhooks"] == states["filters"] == states["deliveries"] == states["outage"] == {State.OK}
    assert "Junction signs with" in found["secret"][0].found
    assert not {name for name in changed if any(word in name for word in ("create", "patch", "delete", "rotate"))}


async def test_what_is_wrong_at_junction(tmp_path: Path) -> None:
    """Labs filtered out, another secret, switched off: each with the command that mends it."""
    with gateways.start(gateways.make_settings()) as gateway:
        async with management() as hand:
            types = ["provider.connection.created", "historical.data.sleep.created", "daily.data.sleep.created"]
            await made(hand, gateway.url, filter_types=types, disabled=True, secret=gateways.OLD_SECRET)
            found = await chained(settings_of(hand.url), toml(tmp_path, gateway.url))
    assert any("labs will stay empty: labtest.* is filtered out" in line.found for line in found["filters"])
    assert "switched off" in found["webhooks"][0].found
    assert found["secret"][0].state is State.WRONG
    assert all(line.change for lines in found.values() for line in lines if line.about in ("webhooks", "filters"))


async def test_without_a_key(tmp_path: Path) -> None:
    """What Junction has nobody can see; the way is probed all the same."""
    with gateways.start(gateways.make_settings()) as gateway:
        settings = settings_of("http://127.0.0.1:9", junction_management_key=SecretStr(""))
        found = await chained(settings, toml(tmp_path, gateway.url))
    assert State.UNCHECKED in {line.state for line in found["webhooks"]}
    assert "deliveries" in found


async def test_a_junction_that_does_not_answer(tmp_path: Path) -> None:
    """Its links are silent, and the others are told, in time."""
    found = await chained(settings_of("http://127.0.0.1:9"), toml(tmp_path, "http://127.0.0.1:9"))
    assert {line.state for line in found["webhooks"]} == {State.SILENT}
    assert found["outage"][0].state is State.OK


async def test_kafka_and_dns_that_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are silent, the others are told in time, and no thread of theirs keeps the program from its end."""
    release = threading.Event()

    def hangs(*args: object, **named: object) -> list[object]:
        release.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    began_s = time.monotonic()
    settings = settings_of("http://127.0.0.1:9", junction_management_key=SecretStr(""))
    found = await asyncio.to_thread(chain, settings, toml(tmp_path, "https://a.example.org"), hangs)
    try:
        assert time.monotonic() - began_s < 10
        assert [line.about for line in found if line.state is State.OK] == ["outage"]
        hanging = [one for one in threading.enumerate() if "_run" in one.name]
        assert hanging
        assert all(one.daemon for one in hanging)
    finally:
        release.set()


def test_when_it_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where there is a file, or a key."""
    monkeypatch.chdir(tmp_path)
    bare = settings_of("http://127.0.0.1:9", junction_management_key=SecretStr(""))
    assert not is_wanted(bare)
    assert is_wanted(settings_of("http://127.0.0.1:9"))
    toml(tmp_path, "http://127.0.0.1:9")
    assert is_wanted(bare)


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"data": 1}, {"data": {"result": 1}}, {"data": {"result": [1, {}, {"metric": {}, "values": [1]}]}}],
)
def test_a_metric_of_another_shape(answer: object) -> None:
    """Counts nothing, and breaks nothing."""
    assert not any(series_of(answer).values())
