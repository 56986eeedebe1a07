"""`--scale`: three workers, two gateways behind the proxy, under load; one worker is killed, then one for all."""

import json
import time
from ssl import SSLContext, create_default_context

from streams.demo.watch import scrape
from streams.simulator.world.world import Event
from tests.compose import steps, world
from tests.compose.front import Front
from tests.compose.installation import Installation
from tests.compose.report import Findings
from tests.secured import Authority

OUT = ("--scale=worker=3", "--scale=gateway=2")
DOWN_S = 12.0  # longer than a session: the others take the partitions over


def run(found: Findings, one: Installation, users: int, days: int) -> None:
    events = world.events_of(2, users, days)
    one.profiles = ("proxy",)
    tls = certified(one)
    steps.build(found, one)
    steps.up(found, one, *OUT)
    through = Front([one.ports["PROXY"]], tls)
    steps.load(found, one, events, lambda load: trouble(found, one, events, load), through)
    found.step("gateways behind the proxy", took=" ".join(sorted(map(str, taken(one).values()))))
    found.need("a gateway took nothing", so=0 not in taken(one).values())
    steps.watched(found, one)
    steps.stop(found, one)


def certified(one: Installation) -> SSLContext:
    """Give the proxy a certificate for 127.0.0.1: how its authority is asked for it."""
    authority = Authority(one.folder / "authority")
    for name, file in zip(("proxy_certificate.pem", "proxy_key.pem"), authority.issue("proxy"), strict=True):
        (one.folder / "secrets" / name).write_bytes(file.read_bytes())
        (one.folder / "secrets" / name).chmod(0o644)
    return create_default_context(cafile=str(authority.ca))


def taken(one: Installation) -> dict[str, int]:
    """How many deliveries each gateway has accepted."""
    found = {}
    for port in one.published("gateway", 9080):
        samples = scrape(f"http://127.0.0.1:{port}/metrics", "junction_gateway_published_total")
        found[str(port)] = sum(value for labels, value in samples if ".raw." in labels["topic"])
    return found


def trouble(found: Findings, one: Installation, events: list[Event], load: world.Load) -> None:
    """Who answers for whom; then a worker is killed for longer than its session; at last one does the work of all."""
    load.wait_for(1 / 4)
    before = ids(one)
    asked(found, one, events)
    (_, worker, _) = one.containers("worker")
    one.docker("kill", "--signal=KILL", worker["Name"])
    time.sleep(DOWN_S)
    found.step("docker kill -s KILL of a worker", container=worker["Name"], accepted_until_then=load.accepted)
    found.step("up again", seconds=one.timed("up", "--detach", "--wait", "--no-recreate", *OUT))
    found.need("the worker came back under another id", so=ids(one) == before)
    found.step("ids", **before)
    load.wait_for(3 / 4)
    found.step("scale in", seconds=one.timed("up", "--detach", "--wait", "--scale=worker=1", "--scale=gateway=2"))
    found.need("one worker is left", so=len(one.containers("worker")) == 1)


def ids(one: Installation) -> dict[str, str]:
    """The id of each worker's container, as its newest start has logged it."""
    names = [str(container["Name"]) for container in one.containers("worker")]
    return {f"worker-{name.rpartition('-')[2]}": str(one.starts(name)[-1]["worker"]) for name in names}


def asked(found: Findings, one: Installation, events: list[Event]) -> None:
    """Any worker answers about every user: with what it has itself, or what the owner says."""
    users = sorted({event.user_id for event in events if event.user_id})[:8]
    owners = set[str]()
    (first, *_) = one.containers("worker")
    for user in users:
        said = one.docker("exec", str(first["Name"]), "junction-streams", "status", user, "--json", check=False)
        owners.add(str(json.loads(said)["worker"]) if said.startswith("{") else "nobody")
    found.step("one worker asked about every user", users=len(users), answered_by=" ".join(sorted(owners)))
    found.need("a user's worker was not found", so="nobody" not in owners and len(owners) > 1)
