"""`topics acls`: who may do what on Kafka, compared and made so."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.base import AsJson, read_settings
from streams.cli.topics import ClusterName, topics_app

if TYPE_CHECKING:
    from streams.kafka.logins import Logins
    from streams.ops.settings import Settings

acls_app = typer.Typer(no_args_is_help=True, help="The rights of each role on Kafka: see what differs, make it right.")
topics_app.add_typer(acls_app, name="acls")


class AclFormat(StrEnum):
    """As what rights are printed, where Kafka is not asked."""

    KAFKA = "kafka"
    STRIMZI = "strimzi"


Principals = Annotated[
    list[str] | None,
    typer.Option("--principal", help="ROLE=User:NAME instead of `User:streams-ROLE`; may be repeated."),
]
Roles = Annotated[list[str] | None, typer.Option("--role", help="This role alone; may be repeated.")]


@acls_app.command("plan")
def acls_plan(
    principal: Principals = None,
    role: Roles = None,
    format_: Annotated[
        AclFormat | None,
        typer.Option("--format", help="Print all rights as commands of kafka-acls.sh or KafkaUser resources."),
    ] = None,
    cluster: ClusterName = "kafka",
    as_json: AsJson = False,
) -> None:
    """What `topics acls apply` would change; exits with 1 when something differs.

    Roles: gateway, worker, fetcher, notify, sink, consumer, labs, notes, support, operator (docs/rights.md).
    """
    settings = read_settings()
    logins = _logins(principal, role)
    if format_:
        _print_as(format_, settings, logins, cluster)
        return
    from streams.cli.show.acls import print_plan
    from streams.kafka import acls

    found = acls.plan(settings, logins)
    print_plan(found, applied=False, as_json=as_json)
    if not found.is_right:
        raise SystemExit(1)


@acls_app.command("apply")
def acls_apply(
    principal: Principals = None,
    role: Roles = None,
    remove_beyond: Annotated[
        bool, typer.Option("--remove-beyond", help="Also remove what these logins may do beyond our names.")
    ] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Remove nothing: what people gave by hand stays.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give each role its rights, and remove others of its login on our names. Needs ALTER on the cluster."""
    from streams.cli.show.acls import print_plan
    from streams.kafka import acls

    logins = _logins(principal, role)
    found = acls.apply(read_settings(), logins, removes=not keep, removes_beyond=remove_beyond)
    print_plan(found, applied=True, kept=keep, as_json=as_json)


def _logins(principal: list[str] | None, role: list[str] | None) -> "Logins":
    from streams.kafka.logins import logins

    return logins(principal or (), role or ())


def _print_as(format_: AclFormat, settings: "Settings", logins: "Logins", cluster: str) -> None:
    from streams.kafka import acl_commands, strimzi
    from streams.ops import terminal

    if format_ is AclFormat.STRIMZI:
        found = strimzi.lines(strimzi.users(settings, logins, cluster))
    else:
        found = acl_commands.commands(settings, logins)
    for line in found:
        terminal.say(line)
