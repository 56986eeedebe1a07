"""The short form of `make attack`: every behaviour for a moment, on librdkafka's mock cluster. Counts, never times."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from streams.ops.settings import Settings
from tests.attack import good, stage
from tests.attack.attacks import ATTACKS, MANY, Attack
from tests.attack.crowd import Aim, crowd
from tests.attack.forms import Right
from tests.attack.smuggling import outcomes
from tests.attack.stage import Gateway
from tests.attack.stored import stored_ids
from tests.attack.verdict import FILES_LEFT_MAX, STRANGE_ANSWERS
from tests.attack.wire import Tally

SECONDS, SOCKETS_MAX, RATE = 1.0, 200, 80.0
SETTLE_S = 0.5  # the attack is under way when good traffic begins
FILES_BASE = 40  # of an idle gateway: Kafka, the loop, the listeners
WAIT_S = 30.0
TRIES = 10
# One attack for each behaviour: from many networks where there is such a one.
SHORT = list({attack.behave: attack for attack in ATTACKS.values()}.values())


@pytest.fixture(scope="module")
def settings() -> Iterator[Settings]:
    with stage.mocked() as made:
        yield made


@pytest.fixture(scope="module")
def gateway(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with stage.gateway(settings, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture(scope="module")
def accepted() -> list[str]:
    """Ids of all that may be on the topics; the good ones must be."""
    return []


def good_work(port: int) -> good.Work:
    return good.Work("127.0.0.1", port, f"good_{uuid.uuid4().hex[:6]}", RATE, SECONDS - SETTLE_S, sizes=(1_000,))


async def send_good(port: int) -> list[good.Sent]:
    await asyncio.sleep(SETTLE_S)
    return await good.send(good_work(port))


async def strangers(aim: Aim, attack: Attack) -> Tally:
    """Again while nobody got in: what a former attack left in the queue of the port may take a second."""
    tally = Tally()
    for _ in range(TRIES):
        if not tally.connections:
            tally = await crowd(aim, attack.behave)
    return tally


@pytest.mark.parametrize("attack", SHORT, ids=lambda attack: attack.name)
async def test_good_deliveries_go_on(gateway: Gateway, accepted: list[str], attack: Attack) -> None:
    """Beside each attack every good delivery is accepted, and no stranger is answered otherwise than allowed."""
    aim = Aim(("127.0.0.1", gateway.port), attack.sources, min(attack.sockets, SOCKETS_MAX), SECONDS)
    sent, tally = await asyncio.gather(send_good(gateway.port), strangers(aim, attack))
    accepted += [one.id for one in sent]
    assert {one.status for one in sent} == {"204"}
    assert tally.connections > 0
    assert set(tally.answers) - STRANGE_ANSWERS <= attack.statuses


async def test_forms_of_smuggling(settings: Settings, accepted: list[str], tmp_path: Path) -> None:
    """A form on which two readers may differ is refused or is one request."""
    # At a gateway of its own: after the attacks refusals are held back.
    with stage.gateway(settings, tmp_path) as unharmed:
        found = await outcomes(("127.0.0.1", unharmed.port), MANY)
    accepted += [one.inner for one in found if one.right is Right.TWO]
    assert [(one.form, one.problem()) for one in found if one.problem()] == []


async def test_forms_of_smuggling_behind_nginx(settings: Settings, accepted: list[str], tmp_path: Path) -> None:
    """Behind nginx the gateway takes for requests what nginx takes for requests, and answers none of them with 5xx."""
    if lacking := stage.missing_nginx():
        pytest.skip(f"because nginx is a package of the system: {lacking}")
    with stage.gateway(settings, tmp_path, is_behind=True) as behind, stage.nginx(tmp_path, behind.port) as front:
        sent, found = await asyncio.gather(send_good(front.port), outcomes(("127.0.0.1", front.port), MANY))
        seen = front.seen_ids
    accepted += [*(one.id for one in sent), *seen]
    assert {one.status for one in sent} == {"204"}
    assert [(one.form, said) for one in found if (said := one.problem(seen))] == []


def test_all_that_was_accepted_is_stored_and_nothing_else(settings: Settings, accepted: list[str]) -> None:
    """Each good delivery of this file is on the topics, and of the strangers' none: not one that hid in another."""
    stored = stored_ids(settings)
    assert set(stored) <= set(accepted)
    assert [id for id in accepted if id.startswith("good_") and not stored[id]] == []


def test_files_are_given_back(gateway: Gateway) -> None:
    """After the attacks no connection of theirs is left."""
    process, until_s = psutil.Process(gateway.pid), time.monotonic() + WAIT_S
    while process.num_fds() > FILES_BASE + FILES_LEFT_MAX:
        assert time.monotonic() < until_s
        time.sleep(0.1)
