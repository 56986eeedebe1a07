"""The rights on Kafka as they are against those that our roles need: plan and apply.

Only rules of our roles' logins are compared. Of those, a rule about a name of ours (topics with our prefix, our groups
and transactional ids) that no role needs is superfluous, and `apply` removes it. What a login may do beyond our names,
and what others may do with them, is shown, and left to people.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from streams.events.rights import CLUSTER, On, Operation, Right
from streams.kafka import admin
from streams.kafka.logins import Logins
from streams.kafka.refused import refused
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

ANSWER_S = 30.0
_KINDS = {
    On.TOPIC: ResourceType.TOPIC,
    On.GROUP: ResourceType.GROUP,
    On.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
    On.CLUSTER: ResourceType.BROKER,  # librdkafka's name for it
}


class Rule(NamedTuple):
    """A right of a login. `host`: from where; `*` for everywhere, and ours are of no other."""

    principal: str
    right: Right
    host: str = "*"


class AclPlan(NamedTuple):
    """`missing`, `superfluous`: what `apply` adds and removes. `beyond`: what our logins may do elsewhere. `others`:
    what other logins may do with our names."""

    missing: Sequence[Rule]
    superfluous: Sequence[Rule]
    beyond: Sequence[Rule]
    others: Sequence[Rule]

    @property
    def is_right(self) -> bool:
        return not self.missing and not self.superfluous


def plan(settings: Settings, logins: Logins, client: AdminClient | None = None) -> AclPlan:
    """What differs. Raises Unavailable, Misconfigured: Kafka has no authorizer, or our login may not look."""
    return compare(settings, logins, _rules(client or admin.client_of(settings)))


def apply(settings: Settings, logins: Logins, *, removes: bool = True, removes_beyond: bool = False) -> AclPlan:
    """Add what is missing, then remove what is superfluous; returns what was planned. Safe to repeat.

    `removes`: False leaves what is superfluous. `removes_beyond`: also what our logins may do beyond our names. Raises
    as `plan`.
    """
    client = admin.client_of(settings)
    found = plan(settings, logins, client)
    if found.missing:
        _each("adding a right", client.create_acls([*map(_binding, found.missing)], request_timeout=ANSWER_S))
    gone = [*(found.superfluous if removes else ()), *(found.beyond if removes_beyond else ())]
    if gone:
        _each("removing a right", client.delete_acls([*map(_filter, gone)], request_timeout=ANSWER_S))
    return found


def compare(settings: Settings, logins: Logins, there: Iterable[Rule]) -> AclPlan:
    """Pure: what of the rules that are there differs from those that our roles need."""
    wanted = [Rule(principal, right) for principal, rights in logins.rights(settings).items() for right in rights]
    there, needed, ours = list(there), set(wanted), logins.principals
    left = sorted(set(there) - needed)
    mine = [rule for rule in left if rule.principal in ours]
    return AclPlan(
        missing=[rule for rule in wanted if rule not in set(there)],
        superfluous=[rule for rule in mine if _is_ours(settings, logins, rule.right)],
        beyond=[rule for rule in mine if not _is_ours(settings, logins, rule.right)],
        others=[rule for rule in left if rule.principal not in ours and _covers_ours(settings, rule.right)],
    )


def _is_ours(settings: Settings, logins: Logins, right: Right) -> bool:
    """Whether a rule is about names of ours alone."""
    group = settings.group_id
    if right.on is On.TOPIC:
        return right.name.startswith((f"{settings.topic_prefix}.", f"{group}-"))
    if right.on is On.GROUP:
        return right.name == group or right.name.startswith((f"{group}-", *logins.own_groups))
    return right.on is On.TRANSACTIONAL_ID and right.name.startswith(f"{group}-")


def _covers_ours(settings: Settings, right: Right) -> bool:
    """Whether a rule is also about a name of ours."""
    ours = (settings.group_id,) if right.on is not On.TOPIC else (f"{settings.topic_prefix}.", f"{settings.group_id}-")
    is_wide = right.name == "*" or (right.is_prefix and any(one.startswith(right.name) for one in ours))
    return right.on is not On.CLUSTER and (is_wide or right.name.startswith(ours))


def _rules(client: AdminClient) -> list[Rule]:
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    try:
        found = client.describe_acls(everything, request_timeout=ANSWER_S).result()
        if not found:
            _check_empty(client)
    except KafkaException as error:
        raise refused("reading the rights on Kafka", error.args[0]) from None
    kinds = {kind: on for on, kind in _KINDS.items()}
    return [_rule(one, kinds[one.restype]) for one in found if one.restype in kinds]


def _check_empty(client: AdminClient) -> None:
    """librdkafka takes a refusal to show rights for an empty list. Raises Misconfigured where it was one."""
    may = client.describe_cluster(include_authorized_operations=True, request_timeout=ANSWER_S).result()
    if AclOperation.DESCRIBE not in (may.authorized_operations or ()):
        raise Misconfigured("this login may not see the rights on Kafka: it needs DESCRIBE on the cluster")
    nobodys = AclBindingFilter(*_parts(Rule("User:nobody", Right(On.CLUSTER, CLUSTER, Operation.READ))))
    for future in client.delete_acls([nobodys], request_timeout=ANSWER_S).values():
        error = future.exception()
        if isinstance(error, KafkaException) and error.args[0].code() == KafkaError.SECURITY_DISABLED:
            raise Misconfigured("Kafka has no authorizer (authorizer.class.name): everybody may do everything")


def _rule(found: AclBinding, on: On) -> Rule:
    is_prefix = found.resource_pattern_type is ResourcePatternType.PREFIXED
    is_denied = found.permission_type is AclPermissionType.DENY
    return Rule(found.principal, Right(on, found.name, found.operation.name, is_prefix, is_denied), found.host)


def _parts(rule: Rule) -> tuple[Any, ...]:
    right = rule.right
    pattern = ResourcePatternType.PREFIXED if right.is_prefix else ResourcePatternType.LITERAL
    permission = AclPermissionType.DENY if right.is_denied else AclPermissionType.ALLOW
    operation = AclOperation[right.operation]
    return _KINDS[right.on], right.name, pattern, rule.principal, rule.host, operation, permission


def _binding(rule: Rule) -> AclBinding:
    return AclBinding(*_parts(rule))


def _filter(rule: Rule) -> AclBindingFilter:
    return AclBindingFilter(*_parts(rule))


def _each(what: str, answers: "dict[Any, Future[Any]]") -> None:
    for future in answers.values():
        try:
            future.result()
        except KafkaException as error:
            raise refused(what, error.args[0]) from None
