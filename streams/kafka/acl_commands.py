"""Rights as commands of Kafka's own `kafka-acls.sh`: for who may not, or does not want to, let us change them."""

import shlex
from collections.abc import Iterable, Iterator, Mapping

from streams.events.rights import On, Right, by_name
from streams.kafka.logins import Logins
from streams.ops.settings import Settings

_OPTIONS = {On.TOPIC: "--topic", On.GROUP: "--group", On.TRANSACTIONAL_ID: "--transactional-id"}


def commands(settings: Settings, logins: Logins) -> Iterator[str]:
    """Lines for a shell. `admin.properties` is the login of whoever runs them."""
    for principal, rights in logins.rights(settings).items():
        for names, same in _together(rights).items():
            yield _line(settings.bootstrap_servers, principal, names, same)


def _together(rights: Iterable[Right]) -> Mapping[tuple[Right, ...], list[str]]:
    """Rights with the same operations as one command. Key: one right an operation, of the first of the names."""
    names: dict[tuple[Right, ...], list[str]] = {}
    for of, ones in by_name(rights).items():
        key = tuple(of._replace(name="", operation=one) for one in sorted(ones))
        names.setdefault(key, []).append(of.name)
    return names


def _line(servers: str, principal: str, same: tuple[Right, ...], names: list[str]) -> str:
    first = same[0]
    words = ["kafka-acls.sh", "--bootstrap-server", servers or "localhost:9092", "--command-config", "admin.properties"]
    words += ["--add", "--deny-principal" if first.is_denied else "--allow-principal", principal]
    words += [word for one in same for word in ("--operation", one.operation)]
    if first.on is On.CLUSTER:
        return shlex.join([*words, "--cluster"])
    words += [word for name in names for word in (_OPTIONS[first.on], name)]
    return shlex.join([*words, "--resource-pattern-type", "prefixed" if first.is_prefix else "literal"])
