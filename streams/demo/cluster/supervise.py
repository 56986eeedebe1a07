"""Child processes that never outlive us, not even when we are killed with SIGKILL.

Each child begins as a shell that starts a watchdog and then becomes the child (`exec`). The watchdog reads a pipe whose
other end only we hold: a line means "stand down", the end of the file means that we are gone, and then the child's
whole process group is killed. Unlike Linux's PDEATHSIG it works on macOS too and does not mistake the end of the thread
that started the child for the end of the process.

The children have a session of their own, so Ctrl-C reaches us alone and we stop them in order.
"""

import os
import signal
import subprocess
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from streams.ops import private

_LAUNCH = 'exec 3<&0; (read -r _ <&3 || kill -KILL 0) & exec "$@" 3<&- </dev/null'
_alive: "weakref.WeakSet[Child]" = weakref.WeakSet()


class Child:
    """One running program; its output goes to the end of `log`. `env` adds to the environment of this process,
    of which our own settings are left out. `user`, `group`: ids to run as; only root may give them.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        self.log = log
        self._said_from = log.stat().st_size if log.exists() else 0
        watched, self._leash = os.pipe()
        try:
            with log.open("ab") as out:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", _LAUNCH, "sh", *map(str, command)],
                    stdin=watched,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env={**private.environment(), **(env or {})},
                    pass_fds=pass_fds,
                    start_new_session=True,
                    user=user,
                    group=group,
                    extra_groups=None if user is None else [],
                )
        except BaseException:
            self._let_go()
            raise
        finally:
            os.close(watched)
        _alive.add(self)

    @property
    def pid(self) -> int:
        """Process id, also the id of the group that holds the watchdog."""
        return self._process.pid

    def running(self) -> bool:
        """False once it has ended, by itself or by us."""
        if self._process.poll() is None:
            return True
        self._stand_down()
        return False

    def said(self) -> str:
        """What it has written to its log since this start."""
        with self.log.open("rb") as file:
            file.seek(self._said_from)
            return file.read().decode("utf-8", "replace")

    def last_words(self) -> str:
        """The last line that names a problem, for an error message."""
        lines = self.said().splitlines()
        marked = [line for line in lines if any(word in line for word in ("ERROR", "FATAL", "Exception", "rror:"))]
        return (marked or lines or ["nothing"])[-1].strip()[:300]

    def terminate(self, by: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, without waiting."""
        self._process.send_signal(by)

    def stop(self, by: signal.Signals = signal.SIGTERM, *, timeout_s: float = 30.0) -> bool:
        """Ask it to end, then SIGKILL when it has not ended in time: False then. Safe to repeat."""
        self.terminate(by)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stand_down()
        return self._process.returncode != -signal.SIGKILL

    def kill(self) -> None:
        """SIGKILL: what a crash looks like."""
        self._process.kill()
        self._process.wait()
        self._stand_down()

    def _stand_down(self) -> None:
        if self._leash >= 0:
            with suppress(BrokenPipeError):  # the watchdog may be gone already
                os.write(self._leash, b"\n")
            self._let_go()

    def _let_go(self) -> None:
        if self._leash >= 0:
            os.close(self._leash)
            self._leash = -1


def _after_fork() -> None:
    """A forked copy of us must not hold the pipes open: it would keep our children alive after us."""
    for child in list(_alive):
        child._let_go()


os.register_at_fork(after_in_child=_after_fork)
