"""The strangers' process: `python -m tests.attack.stranger`, its work as JSON in the environment, its tally printed.

It has the lowest priority: strangers bring machines of their own, and must not take the gateway's cores otherwise than
by what they send.
"""

import asyncio
import json
import os
import resource
import time
from dataclasses import asdict
from typing import Any

from tests.attack.attacks import ATTACKS, SMUGGLING
from tests.attack.crowd import Aim, crowd
from tests.attack.smuggling import outcomes

WORK = "ATTACK_STRANGER"
_NICE = 19


async def attack(name: str, aim: Aim) -> dict[str, Any]:
    """What it came to, as JSON can say it."""
    began_s = time.monotonic()
    if name == SMUGGLING:
        found = [[*one._replace(right=one.right.value)] for one in await outcomes(aim.target, aim.sources, aim.seconds)]
        return {"began_s": began_s, "forms": found}
    tally = await crowd(aim, ATTACKS[name].behave)
    lives = sorted(tally.lives_s)
    return {
        "began_s": began_s,
        "connections": tally.connections,
        "requests": tally.requests,
        "sent_bytes": tally.sent_bytes,
        "answers": dict(tally.answers),
        "closed_after_s": lives[len(lives) // 2] if lives else None,
    }


def environment(name: str, aim: Aim) -> dict[str, str]:
    """For the process."""
    return {WORK: json.dumps({"name": name, "aim": asdict(aim)})}


def main() -> None:
    os.nice(_NICE)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    work = json.loads(os.environ[WORK])
    given = work["aim"]
    aim = Aim(tuple(given["target"]), tuple(given["sources"]), given["sockets"], given["seconds"])
    print(json.dumps(asyncio.run(attack(work["name"], aim))), flush=True)


if __name__ == "__main__":
    main()
