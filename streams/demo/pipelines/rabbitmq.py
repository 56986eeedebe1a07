"""One RabbitMQ on loopback, as a context manager: own folders, ports, cookie and epmd. It ends when we do."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from streams.demo.cluster import ports
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured, Unavailable

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one on the path asks to be root or `rabbitmq`
READY_TIMEOUT_S = 60.0
_READY = "completed with"
_PREFIX = "junction-streams-rabbitmq-"
_LOGIN = "streams"


def missing() -> str:
    """Why none can run here, with what to do; "" where one can."""
    if not Path(PROGRAM).exists() or not shutil.which("epmd"):
        return "RabbitMQ is not installed: `apt-get install rabbitmq-server`"
    return ""


class RabbitMQ:
    """`options`: lines of rabbitmq.conf; `hidden`: settings that it does not know. Raises Misconfigured where none can
    run, Unavailable if it does not answer."""

    def __init__(self, options: Mapping[str, str] | None = None, hidden: Mapping[str, str] | None = None) -> None:
        self._options, self._hidden = options or {}, hidden or {}
        self._password = secrets.token_urlsafe(18)
        self._epmd: Child | None = None
        self._child: Child | None = None
        self.folder: Path

    @property
    def url(self) -> SecretStr:
        """For `STREAMS_RABBITMQ_URL`, of a login that may do everything."""
        return SecretStr(f"amqp://{_LOGIN}:{self._password}@{LOOPBACK}:{self._ports['amqp']}/%2F")

    def __enter__(self) -> Self:
        if why := missing():
            raise Misconfigured(why)
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._ports = ports.choose(["amqp", "dist", "epmd"], self.folder / "ports.json")
        try:
            self._write()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._epmd:
            self._epmd.kill()
        shutil.rmtree(self.folder, ignore_errors=True)  # because nobody needs it

    def start(self) -> None:
        """Start it on its data and ports, and return when it takes connections."""
        if self._epmd is None:  # its own, or it would start one that outlives us
            command = ["epmd", "-port", str(self._ports["epmd"]), "-address", LOOPBACK]
            self._epmd = Child(command, self.folder / "epmd.log")
        self._child = Child([PROGRAM], self.folder / "rabbitmq.log", env=self._environment())
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while _READY not in self._child.said():
            if not self._child.running():
                raise Misconfigured(f"RabbitMQ stopped by itself; its log says: {self._child.last_words()}")
            if time.monotonic() > deadline_s:
                raise Unavailable(f"RabbitMQ does not answer after {READY_TIMEOUT_S:.0f} s")
            time.sleep(0.05)

    def stop(self) -> None:
        """Safe to repeat."""
        if self._child:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """SIGKILL."""
        if self._child:
            self._child.kill()
            self._child = None

    def _write(self) -> None:
        own = {
            "listeners.tcp.1": f"{LOOPBACK}:{self._ports['amqp']}",
            "default_user": _LOGIN,
            "default_pass": self._password,
            "log.console.level": "warning",
        }
        lines = [f"{name} = {value}\n" for name, value in {**own, **self._options}.items()]
        (self.folder / "rabbitmq.conf").write_text("".join(lines))
        (self.folder / "plugins").write_text("[].")
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(16))
        cookie.chmod(0o400)

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        hidden = "".join(f" -rabbit {name} {value}" for name, value in self._hidden.items())
        return {
            "HOME": folder,
            "ERL_CRASH_DUMP": f"{folder}/erl_crash.dump",
            "RUNNING_UNDER_SYSTEMD": "1",  # become the server, instead of starting it
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "RABBITMQ_DIST_PORT": str(self._ports["dist"]),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}} +S 2:2{hidden}",
            "RABBITMQ_NODENAME": f"streams{self._ports['amqp']}@localhost",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/config",
            "RABBITMQ_SCHEMA_DIR": f"{folder}/schema",
            "RABBITMQ_FEATURE_FLAGS_FILE": f"{folder}/feature_flags",
        }
