"""The end of a rotation, with the 25 hours made short."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.control import file
from connectors.control.rotation.place import RotationPlace, open_place
from connectors.control.rotation.steps import NotYet, Rotator
from connectors.webhook import secret_watch
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.connectors.control.rotation.stage import RotationStage, stage
from tests.connectors.control.rotation.test_rotation import quick

__all__ = ["quick"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[RotationStage]:
    with stage(tmp_path) as made:
        yield made


async def rotated(
    made: RotationStage, work: str, said: list[str], quiet_s: float = 0.0, wait_s: float = 30, **how: bool
) -> RotationPlace:
    """`rotate` or `finish`, in this process. `how`: what a person gives it."""
    settings = Settings(
        _env_file=None,
        junction_management_key=SecretStr(made.env["STREAMS_JUNCTION_MANAGEMENT_KEY"]),
        junction_management_url=made.api_url,
    )
    async with open_place(settings, file.read(made.toml), "junction", wait_s, said.append) as opened:
        place = dataclasses.replace(opened, quiet_s=quiet_s)
        with place.journal.locked():
            await getattr(Rotator(place), work)(**how)
        return place


async def test_finished(two: RotationStage) -> None:
    """Once a delivery was proved by the new one, the old one goes out of the file, and every gateway refuses it."""
    said: list[str] = []
    await rotated(two, "rotate", said)
    with pytest.raises(NotYet, match="no delivery has been proved by the new one"):
        await rotated(two, "finish", said)
    assert two.gateways[0].post(*two.live()) == 204
    place = await rotated(two, "finish", said)
    (new,) = two.secrets()
    assert [one.post(two.first) for one in two.gateways] == [401, 401]
    assert [one.post(new, two.first) for one in two.gateways] == [204, 204]
    assert (place.journal.read().rotation, len(place.journal.read().past)) == (None, 1)
    assert "refused by every gateway (401)" in said[-1]
    assert not any(secret in sentence for secret in (new, two.first) for sentence in said)


async def test_one_by_the_old_secret_alone_begins_the_wait_again(two: RotationStage) -> None:
    """Whoever signs with the old one alone, somebody else's endpoint perhaps, would be refused."""
    said: list[str] = []
    await rotated(two, "rotate", said)
    assert two.gateways[0].post(*two.live()) == 204
    assert two.gateways[1].post(two.first) == 204
    with pytest.raises(NotYet, match="was proved by"):
        await rotated(two, "finish", said, quiet_s=3600)
    assert two.gateways[0].post(*two.live()) == 204
    with pytest.raises(NotYet, match="not before"):
        await rotated(two, "finish", said, quiet_s=3600)
    await rotated(two, "finish", said)
    assert len(two.secrets()) == 1


async def test_a_gateway_that_keeps_an_old_one(two: RotationStage, tmp_path: Path) -> None:
    """Finishing says which one still lets it in; run again when that is mended, it ends."""
    said: list[str] = []
    await rotated(two, "rotate", said)
    assert two.gateways[0].post(*two.live()) == 204
    apart = tmp_path / "apart"
    apart.write_text(two.file.read_text())
    two.gateways[1].path = apart
    two.gateways[1].restart()
    assert two.gateways[0].post(*two.live()) == 204
    await rotated(two, "rotate", said)
    with pytest.raises(Misconfigured, match="still has an old secret"):
        await rotated(two, "finish", said, wait_s=0.5)
    os.replace(apart, tmp_path / "apart.old")
    apart.write_text(two.file.read_text())
    await rotated(two, "finish", said)
    assert [one.post(two.first) for one in two.gateways] == [401, 401]


def test_stops_of_the_watch_are_short() -> None:
    """The tests of this folder do not wait two seconds for each change."""
    assert secret_watch.CHECK_EVERY_S < 1
