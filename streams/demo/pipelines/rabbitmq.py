"""One RabbitMQ on loopback, as a context manager: own folders, ports, cookie and epmd. It ends when we do."""

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from pydantic import SecretStr

from streams.demo.cluster import ports
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.supervise import Child
from streams.demo.pipelines.broker import LocalBroker
from streams.ops.errors import Misconfigured

PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one on the path asks to be root or `rabbitmq`
_LOGIN = "streams"


def missing() -> str:
    """Why none can run here, with what to do; "" where one can."""
    if not Path(PROGRAM).exists() or not shutil.which("epmd"):
        return "RabbitMQ is not installed: `apt-get install rabbitmq-server`"
    return ""


class RabbitMQ(LocalBroker):
    """See LocalBroker. `options`: lines of rabbitmq.conf; `hidden`: settings that it does not know."""

    what, ready_word, ready_s = "RabbitMQ", "completed with", 60.0

    def __init__(self, options: Mapping[str, str] | None = None, hidden: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._options, self._hidden = options or {}, hidden or {}
        self._password = secrets.token_urlsafe(18)
        self._epmd: Child | None = None

    @property
    def url(self) -> SecretStr:
        """For `STREAMS_RABBITMQ_URL`, of a login that may do everything."""
        return SecretStr(f"amqp://{_LOGIN}:{self._password}@{LOOPBACK}:{self._ports['amqp']}/%2F")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if self._epmd:
            self._epmd.kill()
            self._epmd = None

    def _prepare(self) -> None:
        if why := missing():
            raise Misconfigured(why)
        self._ports = ports.choose(["amqp", "dist", "epmd"], self.folder / "ports.json")
        self._write()

    def _launch(self) -> Child:
        if self._epmd is None:  # its own, or it would start one that outlives us
            command = ["epmd", "-port", str(self._ports["epmd"]), "-address", LOOPBACK]
            self._epmd = Child(command, self.folder / "epmd.log")
        return Child([PROGRAM], self.folder / "rabbitmq.log", env=self._environment())

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
