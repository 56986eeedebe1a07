"""Traces of deliveries against what the world sent and what was read from the clean topics.

Of each delivery that was asked about: does the answer end as the simulator knows it must (processed, a dead letter,
never seen), does it name as many arrivals as the door accepted, and the clean records that carry its id?
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rich.console import Console

from streams.events import new_message_id, topics
from streams.kafka.reader import Decoded
from streams.lineage.known import Reach
from streams.lineage.serving.client import ConsoleClient, open_console
from streams.lineage.telling import Story
from streams.ops import terminal
from streams.ops.settings import Settings
from streams.simulator.world.world import Event

TRACED = 200
NEVER_SENT = 20
CAUGHT_UP_S = 60.0
AT_ONCE = 8
EXAMPLES_MAX = 5
# Records of these topics carry the id of one delivery, and were made by others as well.
_SHARED = frozenset(
    {topics.CONNECTIONS, topics.BACKFILLS, topics.DRIFT, topics.PREFERENCES, topics.RECONCILIATIONS}
    | {topics.ALERTS, topics.ALERT_DELIVERIES}
)


@dataclass(frozen=True)
class Expected:
    """What is true of one delivery. `clean`: records by topic, those that others write to as well left out."""

    delivery_id: str
    ending: str
    clean: Mapping[str, int]


@dataclass
class Traces:
    """`wrong`: sentences, an id and what differs. `seconds`: until all were answered, AT_ONCE at a time."""

    asked: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        return not self.wrong

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"asked": self.asked, "wrong": len(self.wrong), "seconds": round(self.seconds, 2)}


def check(settings: Settings, events: Sequence[Event], records: Iterable[Decoded], seed: int) -> Traces:
    """Ask the console. `settings`: with its address. Raises Misconfigured, Unavailable."""
    return asyncio.run(_asked(settings, expected(events, records, seed), seed))


def expected(events: Sequence[Event], records: Iterable[Decoded], seed: int) -> list[Expected]:
    """Deliveries of the world that are asked about: all that become dead letters, up to a quarter, and others."""
    chance, n = Random(seed), TRACED - NEVER_SENT
    dead = [one for one in events if one.letter]
    chosen = chance.sample(dead, min(len(dead), n // 4))
    others = [one for one in events if not one.letter]
    chosen += chance.sample(others, min(len(others), n - len(chosen)))
    clean = _clean_of(records, {one.delivery_id for one in chosen})
    return [
        Expected(one.delivery_id, "dead" if one.letter else "processed", clean.get(one.delivery_id, {}))
        for one in chosen
    ]


def never_sent(first_ms: int, now_ms: int, seed: int) -> list[Expected]:
    """Ids as Junction makes them, of the time of which the index knows everything, under which nothing was sent."""
    chance = Random(seed)
    made = (chance.randint(first_ms, now_ms) for _ in range(NEVER_SENT))
    return [
        Expected(new_message_id(at_ms, hashlib.sha256(b"%d" % n).digest()[:15]), "never_seen", {})
        for n, at_ms in enumerate(made)
    ]


def _clean_of(records: Iterable[Decoded], ids: set[str]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {id: Counter() for id in ids}
    for one in records:
        delivery = (one.record or {}).get("delivery")
        name = one.topic.rpartition(".")[2]
        is_again = one.record is not None and one.record.get("changed_fields") == ["preferred"]
        if delivery and delivery["id"] in ids and name not in _SHARED and not is_again:
            found[delivery["id"]][name] += 1
    return found


async def _asked(settings: Settings, sent: Sequence[Expected], seed: int) -> Traces:
    traces, at_once = Traces(), asyncio.Semaphore(AT_ONCE)
    async with open_console(settings) as console:
        reach = await _caught_up(console)
        wanted = [*sent, *never_sent(reach.first_ms, reach.as_of_ms, seed)]

        async def ask(one: Expected) -> list[str]:
            async with at_once:
                return differences(one, await console.delivery(one.delivery_id))

        began_s = time.monotonic()
        found = await asyncio.gather(*map(ask, wanted))
        traces.seconds = time.monotonic() - began_s
    traces.asked = len(wanted)
    traces.wrong = [f"{one.delivery_id}: {what}" for one, all_of in zip(wanted, found, strict=True) for what in all_of]
    return traces


async def _caught_up(console: ConsoleClient) -> Reach:
    """How far the index reaches, once it has all that was processed before now."""
    now_ms, until_s = time.time() * 1000, time.monotonic() + CAUGHT_UP_S
    while True:
        reach = await console.reach()
        if reach.as_of_ms >= now_ms or time.monotonic() > until_s:
            return reach
        await asyncio.sleep(0.2)


def differences(one: Expected, story: Story) -> list[str]:
    """What an answer says otherwise than it is. That something could not be found out is no wrong answer."""
    found = []
    if story.ending != one.ending:
        found.append(f"{story.ending}, and it is {one.ending}")
    clean: Counter[str] = Counter()
    for step in story.steps:
        if step.kind == "clean" and step.facts["topic"] not in _SHARED:
            clean[step.facts["topic"]] += len(step.facts["found"])
    if story.ending == "processed" and +clean != Counter(one.clean):
        found.append(f"clean records {dict(+clean)}, and there are {dict(one.clean)}")
    return found


def show(console: Console, found: Traces) -> None:
    """Counts, and the first ones that are wrong."""
    colour = "green" if found.is_right else "red"
    console.print(
        f"[bold {colour}]{found.asked} deliveries traced, {NEVER_SENT} of them never sent: {len(found.wrong)} wrong[/] "
        f"({found.seconds:.1f} s)"
    )
    for sentence in found.wrong[:EXAMPLES_MAX]:
        console.print(terminal.line(f"  {sentence}"))
