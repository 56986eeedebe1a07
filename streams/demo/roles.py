"""Who is who on the demo's Kafka: nobody in particular, or with `--secure` each role with a login of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.demo.cluster.guarded import GuardedKafka, login
from streams.events.parts import Part
from streams.kafka import acls
from streams.kafka.logins import logins
from streams.ops.settings import Settings


@dataclass(frozen=True)
class Roles:
    """`by_part`: settings of each role's login; empty where Kafka asks for none."""

    by_part: Mapping[Part, Mapping[str, Any]] = field(default_factory=dict)

    def settings(self, part: Part, settings: Settings) -> Settings:
        """The settings with the login of a role."""
        return settings.model_copy(update=dict(self.by_part.get(part, {})))


NOBODY = Roles()


def give_rights(kafka: GuardedKafka, settings: Settings) -> Roles:
    """A login for each role, with its rights and no others."""
    passwords = kafka.add_users(f"streams-{part}" for part in Part)
    acls.apply(settings.model_copy(update=dict(kafka.admin)), logins())
    return Roles({part: login(f"streams-{part}", passwords[f"streams-{part}"]) for part in Part})
