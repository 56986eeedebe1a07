"""The sending process: `python -m tests.chaos.sender`, its work as JSON in the environment.

Posts like Junction: signed, retried under the same id until there is a 2xx. The last line of its output is a JSON
object with what it counted; before the first post it prints `sending`.
"""

import asyncio
import json
import os
from collections.abc import Iterator

from streams.ops.errors import Unavailable
from streams.simulator.delivery.courier import Tally, Target, open_courier
from streams.simulator.delivery.schedule import Attempt, Cause
from streams.simulator.randomness import key_of, noise
from streams.simulator.world.world import Event
from tests.chaos.world import Load

WORK = "CHAOS_SENDER"  # the environment holds the secret too, so that no command line does
PATIENCE_S = 120.0
# Identified by its head, hopeless further in; and one that nobody can identify.
HOPELESS = (b'{"event_type": "daily.data.sleep.created", "user_id": "%s", "data": "made up"}', b'{"event_type": %s')
# Of half a record: a list of numbers that are longer when they are written, and a text that is kept twice.
_WORKOUT = b'{"event_type": "daily.data.workouts.created", "user_id": "%s", "data": {"id": "grown", "extra": '
GROWING = (_WORKOUT + b"[1" + b",1e15" * 90_000 + b"]}}", _WORKOUT + b'"' + b"x" * 500_000 + b'"}}')


def poisoned(attempts: Iterator[Attempt], share: float, bodies: tuple[bytes, bytes] = HOPELESS) -> Iterator[Attempt]:
    """Bodies that can never work among the others, each under an id of its own."""
    key = key_of("poison")
    for place, attempt in enumerate(attempts):
        yield attempt
        if noise(key, place) < share:
            text = bodies[place % 2] % (attempt.event.user_id or "nobody").encode()
            event = Event("poison", text, attempt.event.user_id, attempt.due_ms + place)
            yield Attempt(attempt.due_ms, Cause.FIRST, event)


async def send(load: Load, url: str, secret: str) -> Tally:
    attempts = load.attempts()
    async with open_courier(Target(url, secret, patience_s=PATIENCE_S)) as courier:
        bodies = GROWING if load.is_growing else HOPELESS
        return await courier.deliver(poisoned(attempts, load.poison, bodies) if load.poison else attempts, load.rate)


def main() -> None:
    work = json.loads(os.environ[WORK])
    print("sending", flush=True)
    try:
        tally = asyncio.run(send(Load(**work["load"]), work["url"], work["secret"]))
    except Unavailable as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from None
    said = {"accepted": tally.accepted, "asked": sum(tally.causes.values()), "retried": tally.retried}
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
