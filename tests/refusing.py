"""A Kafka that refuses: it has rights (StandardAuthorizer), logins by password, and the policies of a service.

The policies (compiled here by javac) do what the documentation of Amazon MSK Serverless says ("Configuration properties
for MSK Serverless clusters"): a few settings of topics may be set, and `max.message.bytes` is 8 MiB at most. Not that
`cleanup.policy` may be set at creation only: Kafka asks the policy for changes at a creation, too.
"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streams.demo.cluster import jars, ports
from streams.demo.cluster.kafka import Kafka
from streams.demo.cluster.ports import LOOPBACK
from streams.ops import private

PASSWORD = "the-right-password"
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
Grant = tuple[ResourceType, str, AclOperation]

_POLICY = """
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.server.policy.AlterConfigPolicy;
import org.apache.kafka.server.policy.CreateTopicPolicy;

public class Policies {
  static final Set<String> SETTABLE = Set.of("cleanup.policy", "compression.type", "max.message.bytes",
      "message.timestamp.difference.max.ms", "message.timestamp.type", "retention.bytes", "retention.ms");
  static void check(Map<String, String> configs) {
    for (String name : configs.keySet())
      if (!SETTABLE.contains(name)) throw new PolicyViolationException(name + " is not configurable");
    String bytes = configs.get("max.message.bytes");
    if (bytes != null && Integer.parseInt(bytes) > MAX)
      throw new PolicyViolationException("max.message.bytes is above " + MAX);
  }
  static final int MAX = %d;
  public static class Create implements CreateTopicPolicy {
    public void configure(Map<String, ?> configs) {}
    public void validate(RequestMetadata asked) { check(asked.configs()); }
    public void close() {}
  }
  public static class Alter implements AlterConfigPolicy {
    public void configure(Map<String, ?> configs) {}
    public void validate(RequestMetadata asked) { check(asked.configs()); }
    public void close() {}
  }
}
"""


def lacking() -> str:
    """Why it cannot be had here; "" for nothing."""
    return "" if shutil.which("javac") else "there is no javac to compile the policies with"


class RefusingKafka(Kafka):
    """One node. The plain listener is the operator's; the other asks for a password: every user has PASSWORD."""

    def __init__(self, files: jars.Jars, folder: Path, users: Sequence[str]) -> None:
        super().__init__(files, folder)
        self._users = users
        self._login_port = ports.random_free()
        self._classes = _compiled(files, folder.parent / "policies")

    @property
    def by_password(self) -> str:
        return f"{LOOPBACK}:{self._login_port}"

    @property
    def _class_path(self) -> str:
        return f"{super()._class_path}:{self._classes}"

    def _properties(self, node: int) -> Mapping[str, object]:
        plain = super()._properties(node)
        more = f",LOGIN://{LOOPBACK}:{self._login_port}"
        users = " ".join(f'user_{name}="{PASSWORD}"' for name in self._users)
        login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
        return {
            **plain,
            "listeners": f"{plain['listeners']}{more}",
            "advertised.listeners": f"{plain['advertised.listeners']}{more}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT",
            "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.login.plain.sasl.jaas.config": f"{login} {users};",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            "create.topic.policy.class.name": "Policies$Create",
            "alter.config.policy.class.name": "Policies$Alter",
        }

    def allow(self, user: str, grants: Sequence[Grant]) -> None:
        """Each on all that begins with the name."""
        rows = [
            AclBinding(kind, name, _pattern(kind), f"User:{user}", "*", operation, AclPermissionType.ALLOW)
            for kind, name, operation in grants
        ]
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers})  # kept until its futures are done
        for future in client.create_acls(rows).values():
            future.result()


def _pattern(kind: ResourceType) -> ResourcePatternType:
    return ResourcePatternType.LITERAL if kind is ResourceType.BROKER else ResourcePatternType.PREFIXED


def _compiled(files: jars.Jars, folder: Path) -> Path:
    folder.mkdir()
    source = folder / "Policies.java"
    source.write_text(_POLICY % MESSAGE_BYTES_MAX)
    command = ["javac", "-cp", files.kafka_class_path, "-d", folder, source]
    subprocess.run(command, check=True, capture_output=True, env=private.environment())
    return folder
