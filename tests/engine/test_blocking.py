"""Calls that block, in a thread of their own."""

import asyncio
import subprocess
import sys

import pytest

from streams.engine.work.blocking import Blocking


async def test_jobs_run_in_order_and_answer() -> None:
    """Jobs run one after the other in one thread; what they return or raise reaches whoever waits."""
    blocking, seen = Blocking("t"), list[int]()
    await asyncio.gather(*(blocking.run(seen.append, n) for n in range(20)))
    assert seen == list(range(20))
    with pytest.raises(ZeroDivisionError):
        await blocking.run(lambda: 1 / 0)


def test_a_call_does_not_hold_back_the_exit() -> None:
    """The process ends although a call goes on."""
    program = (
        "import asyncio, threading\n"
        "from streams.engine.work.blocking import Blocking\n"
        "asyncio.run(asyncio.wait_for(Blocking('t').run(threading.Event().wait), 0.1))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "TimeoutError" in ended.stderr
