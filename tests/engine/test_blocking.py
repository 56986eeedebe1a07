"""Calls of librdkafka that block, and those that never come back."""

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

from streams.engine.work.blocking import Blocking, Stuck


async def test_jobs_run_in_order_and_answer() -> None:
    """Jobs run one after the other in one thread; what they return or raise reaches whoever waits."""
    blocking, seen = Blocking("t"), list[int]()
    await asyncio.gather(*(blocking.run(seen.append, n) for n in range(20)))
    assert seen == list(range(20))
    assert await blocking.run(lambda: blocking.guard(lambda: "answer")) == "answer"
    with pytest.raises(ZeroDivisionError):
        await blocking.run(lambda: 1 / 0)
    assert not blocking.is_stuck


async def test_a_call_that_does_not_return_is_noticed() -> None:
    """Whoever waits is told, and so is everybody behind; a job that computes for long is not mistaken for it."""
    blocking, never = Blocking("t", stuck_s=0.2), threading.Event()
    assert await blocking.run(lambda: threading.Event().wait(0.6)) is False
    with pytest.raises(Stuck, match="does not return"):
        await blocking.run(blocking.guard, never.wait)
    with pytest.raises(Stuck):
        await blocking.run(list)
    assert blocking.is_stuck
    never.set()


def test_a_stopped_process_has_not_waited() -> None:
    """Time in which the whole process was stopped does not count: a call that is answered on waking is no failure."""
    program = (
        "import asyncio, threading, time\n"
        "from streams.engine.work.blocking import Blocking\n"
        "blocking, answered = Blocking('t', stuck_s=2.0), threading.Event()\n"
        "threading.Thread(target=lambda: (print('calling', flush=True), input(), answered.set())).start()\n"
        "print(asyncio.run(blocking.run(blocking.guard, answered.wait)))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin
    assert child.stdout
    assert child.stdout.readline() == "calling\n"
    child.send_signal(signal.SIGSTOP)
    threading.Event().wait(3.0)  # longer than what counts as stuck
    child.stdin.write("\n")
    child.stdin.flush()
    child.send_signal(signal.SIGCONT)
    assert child.communicate(timeout=30)[0] == "True\n"


def test_a_stuck_call_does_not_hold_back_the_exit() -> None:
    """The process ends although the call never does."""
    program = (
        "import asyncio, threading\n"
        "from streams.engine.work.blocking import Blocking\n"
        "blocking = Blocking('t', stuck_s=0.1)\n"
        "asyncio.run(blocking.run(blocking.guard, threading.Event().wait))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1
    assert "Stuck" in ended.stderr
