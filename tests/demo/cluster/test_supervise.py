"""Children die with us, whatever kills us, and live on while we live."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from streams.demo.cluster.supervise import Child

SLEEP = ["sleep", "600"]
START = "import sys, time, os, pathlib; from streams.demo.cluster.supervise import Child; "
START += "child = Child(['sleep', '600'], pathlib.Path(sys.argv[1])); "


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    sleeping = Child(SLEEP, tmp_path / "log")
    yield sleeping
    sleeping.kill()


@contextmanager
def started_by(script: str, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A parent that runs `script` after it has started a child; the child and its watchdog, which must go with it."""
    with subprocess.Popen([sys.executable, "-c", START + script, str(log)], stdout=subprocess.PIPE) as parent:
        try:
            assert parent.stdout is not None
            yield parent, family(int(parent.stdout.readline()))
        finally:
            parent.kill()


def family(pid: int) -> list[psutil.Process]:
    """The child and its watchdog, once the shell has become the child."""
    child = psutil.Process(pid)
    while child.name() != "sleep":
        time.sleep(0.01)
    watchdogs = child.children()
    assert len(watchdogs) == 1
    return [child, *watchdogs]


def assert_gone(processes: list[psutil.Process], within_s: float) -> None:
    _, alive = psutil.wait_procs(processes, timeout=within_s)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_a_child_does_not_get_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold secrets, which a program that is not ours shows in its /proc; what is given to it by name, it gets."""
    monkeypatch.setenv("STREAMS_JUNCTION_API_KEY", "planted")
    child = Child(SLEEP, tmp_path / "log", env={"STREAMS_PARTITIONS": "3"})
    try:
        found = [process.environ() for process in family(child.pid)]
    finally:
        child.kill()
    assert [{name for name in one if name.startswith("STREAMS_")} for one in found] == [{"STREAMS_PARTITIONS"}] * 2
    assert all(one["PATH"] == os.environ["PATH"] for one in found)


def test_a_killed_parent_takes_its_children_along(tmp_path: Path) -> None:
    """SIGKILL of the parent ends the child and its watchdog."""
    with started_by("print(child.pid, flush=True); time.sleep(600)", tmp_path / "log") as (parent, processes):
        parent.kill()
        assert_gone(processes, within_s=10)


def test_a_forked_copy_of_the_parent_does_not_keep_the_children_alive(tmp_path: Path) -> None:
    """Only the death of the process that started the child counts, even when a fork of it lives on."""
    fork = "print(child.pid, flush=True) if os.fork() else None; time.sleep(600)"
    with started_by(fork, tmp_path / "log") as (parent, processes):
        copy = next(iter(set(psutil.Process(parent.pid).children()) - set(processes)))
        parent.kill()
        assert_gone(processes, within_s=10)
        assert copy.is_running()
        copy.kill()


def test_a_child_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """The end of a thread is not the end of the process."""
    started: list[Child] = []
    thread = threading.Thread(target=lambda: started.append(Child(SLEEP, tmp_path / "log")))
    thread.start()
    thread.join()
    with pytest.raises(subprocess.TimeoutExpired):
        started[0]._process.wait(0.5)
    started[0].kill()


def test_ctrl_c_does_not_reach_a_child(child: Child) -> None:
    """Children have a session of their own, away from the terminal's signals."""
    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_stop_is_clean_and_can_be_repeated(child: Child) -> None:
    """SIGTERM suffices for a well-behaved program; the watchdog goes with it."""
    processes = family(child.pid)
    assert child.stop()
    assert child.stop()
    assert not child.running()
    assert_gone(processes, within_s=5)


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """After the time for a clean end SIGKILL follows, and `stop` says so."""
    deaf = Child(["sh", "-c", 'trap "" TERM; echo deaf; while :; do sleep 1; done'], tmp_path / "log")
    while not deaf.said():
        assert deaf.running()
    assert not deaf.stop(timeout_s=0.2)
    assert not deaf.running()


def test_its_words_are_kept_and_quoted(tmp_path: Path) -> None:
    """Output goes to the log; the last line with a problem is what an error message quotes; older runs are left out."""
    log = tmp_path / "log"
    log.write_text("ERROR of yesterday\n")
    talker = Child(["sh", "-c", "echo fine; echo ERROR it broke >&2; echo bye; exit 3"], log)
    talker._process.wait(10)
    assert talker.said().splitlines() == ["fine", "ERROR it broke", "bye"]
    assert talker.last_words() == "ERROR it broke"
    assert not talker.running()


def test_a_program_that_does_not_exist_ends_at_once(tmp_path: Path) -> None:
    """The shell says what is wrong, and the child counts as ended."""
    nothing = Child([tmp_path / "nothing"], tmp_path / "log")
    nothing._process.wait(10)
    assert not nothing.running()
    assert "not found" in nothing.last_words()
