"""One attack from start to end: good traffic in quiet, then beside the strangers, then after them."""

import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.ops import private
from streams.ops.settings import Settings
from tests.attack import good, stranger
from tests.attack.attacks import ATTACKS, MANY, SMUGGLING, SMUGGLING_SENTENCE, Place
from tests.attack.crowd import Aim
from tests.attack.forms import Right
from tests.attack.good import Sent
from tests.attack.meter import Meter, Reading
from tests.attack.smuggling import Outcome
from tests.attack.stage import gateway, nginx
from tests.attack.stored import stored_ids

RATE = 400.0
WARM_S, QUIET_S, AFTER_S = 2.0, 5.0, 6.0
_START_S = 1.5  # of a process


@dataclass
class Phase:
    """Good deliveries of one span."""

    sent: int
    statuses: Counter[str]
    seconds: list[float]

    def percentile_ms(self, share: float) -> float:
        """0 where nothing was sent."""
        ordered = sorted(self.seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0.0


@dataclass
class Result:
    """`lost`: answered 2xx and not on a topic. `strange`: ids on the topics that nobody good has sent. `seen`: other
    ids that nginx took for those of requests."""

    name: str
    place: Place
    quiet: Phase
    during: Phase
    after: Phase
    lost: int
    strange: list[str]
    seen: list[str]
    before: Reading
    peak: Reading
    rest: Reading
    stranger: dict[str, Any]
    forms: list[Outcome]
    log: list[str]
    has_stopped_well: bool
    cpu: float = 0.0
    counted: dict[str, float] = field(default_factory=dict)


def sentence_of(name: str) -> str:
    return SMUGGLING_SENTENCE if name == SMUGGLING else ATTACKS[name].sentence


def run(name: str, place: Place, settings: Settings, folder: Path, seconds: float) -> Result:
    """Raises Unavailable where gateway or nginx do not start."""
    with ExitStack() as stack:
        running = stack.enter_context(gateway(settings, folder, is_behind=place is Place.NGINX))
        front = stack.enter_context(nginx(folder, running.port)) if place is Place.NGINX else None
        port = front.port if front else running.port
        meter = stack.enter_context(Meter(running.pid))
        id = f"good_{uuid.uuid4().hex[:6]}"
        began_s = time.monotonic()
        total_s = WARM_S + QUIET_S + _START_S + seconds + AFTER_S
        sender = _start("good", good.environment(good.Work("127.0.0.1", port, id, RATE, total_s)))
        time.sleep(WARM_S + QUIET_S)
        said = _attack(name, port, seconds)
        ended_s = time.monotonic()
        sent = [Sent(*one) for one in json.loads(_end(sender))]
        last_s = time.monotonic()
        is_well = running.is_running() and running.stop()
        log, seen = running.log, front.seen_ids if front else set()
    stored = stored_ids(settings)
    ids = {one.id for one in sent}
    began_attack_s = said["began_s"]
    readings = meter.readings
    before = _last(meter.within(began_s + 1, began_attack_s), readings)
    span = meter.within(began_attack_s, ended_s) or [before]
    return Result(
        name, place,
        quiet=_phase(sent, began_s + WARM_S, began_attack_s),
        during=_phase(sent, began_attack_s, ended_s),
        after=_phase(sent, ended_s, float("inf")),
        lost=sum(one.status.startswith("2") and not stored[one.id] for one in sent),
        strange=sorted(id for id in stored if id not in ids and not id.startswith("good_")),
        seen=sorted(id for id in seen if id not in ids),
        before=before,
        peak=Reading(0, max(one.rss_mib for one in span), max(one.files for one in span), 0),
        rest=_last(meter.within(ended_s, last_s), readings),
        stranger=said,
        forms=[Outcome(form, inner, Right(right), statuses) for form, inner, right, statuses in said.pop("forms", [])],
        log=log,
        has_stopped_well=is_well,
        cpu=(span[-1].cpu_s - span[0].cpu_s) / max(span[-1].at_s - span[0].at_s, 0.1),
    )  # fmt: skip


def _attack(name: str, port: int, seconds: float) -> dict[str, Any]:
    sources, sockets = (MANY, 1) if name == SMUGGLING else (ATTACKS[name].sources, ATTACKS[name].sockets)
    aim = Aim(("127.0.0.1", port), sources, sockets, seconds)
    said: dict[str, Any] = json.loads(_end(_start("stranger", stranger.environment(name, aim))))
    return said


def _start(module: str, variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", f"tests.attack.{module}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env={**private.environment(), **variables})


def _end(process: "subprocess.Popen[bytes]") -> bytes:
    out, _ = process.communicate()
    assert process.returncode == 0, process.args
    return out


def _phase(sent: list[Sent], begin_s: float, end_s: float) -> Phase:
    chosen = [one for one in sent if begin_s <= one.at_s < end_s]
    return Phase(len(chosen), Counter(one.status for one in chosen), [one.seconds for one in chosen])


def _last(readings: list[Reading], others: list[Reading]) -> Reading:
    return (readings or others or [Reading(0, 0, 0, 0)])[-1]
