"""`alerts`: rules on data, tried before they are trusted; alerts with their lives; users' own bounds."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.base import LOOK, AsJson, app, read_settings
from streams.ops.errors import Misconfigured

alerts_app = typer.Typer(no_args_is_help=True, help="Alerts on data: check and try rules, look at what fired.")
threshold_app = typer.Typer(no_args_is_help=True, help="Users' own bounds, which count instead of a rule's.")
app.add_typer(alerts_app, name="alerts", rich_help_panel=LOOK)
alerts_app.add_typer(threshold_app, name="threshold")

RulesPath = Annotated[Path, typer.Argument(metavar="FILE", help="A rules file, TOML (docs/alerts.md).")]
UserId = Annotated[str, typer.Option("--user", help="Only this user id.")]


@alerts_app.command()
def check(file: RulesPath, as_json: AsJson = False) -> None:
    """Everything that is wrong in a rules file, with line and hint; exits with 1 if there is something.

    Example: `junction-streams alerts check deploy/alerts/glucose.toml`
    """
    from streams.alerts.rules_file import load
    from streams.cli.show.alerts import print_check

    raise SystemExit(0 if print_check(str(file), load(file), as_json=as_json) else 1)


@alerts_app.command("test")
def try_rules(
    file: RulesPath,
    since: Annotated[str, typer.Option(help="How far back, like 30d or 12h.")] = "30d",
    user: UserId = "",
    history: Annotated[bool, typer.Option(help="Fetched history counts as if it had come live.")] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Every alert, not only the last ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """What would have fired on the data that are there: when, and how often per user and week. Sends nothing.

    Example: `junction-streams alerts test deploy/alerts/glucose.toml --since 30d`
    """
    import time

    from streams.alerts.rules.literals import duration_us
    from streams.alerts.trial import runner
    from streams.cli.show.alert_trial import print_trial
    from streams.ops.terminal import say

    try:
        since_us = time.time_ns() // 1000 - duration_us(since)
    except ValueError as error:
        raise Misconfigured(f"--since: {error}") from None
    options = runner.TrialOptions(since_us, user, history)
    outcome = runner.run(read_settings(), file, options, lambda text: say(f"… {text}", file=sys.stderr))
    print_trial(outcome, show_all=show_all, as_json=as_json)


@alerts_app.command("list")
def list_alerts(
    user: UserId = "",
    rule: Annotated[str, typer.Option(help="Only this rule.")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Alerts as they stand, and whether they have reached their receivers.

    Example: `junction-streams alerts list --open`
    """
    from streams.alerts import alert_history
    from streams.cli.show.alerts import print_list

    found = alert_history.read(read_settings(), user_id=user).values()
    wanted = [one for one in found if (not rule or one.last["rule"] == rule) and (not only_open or one.is_open)]
    print_list(sorted(wanted, key=lambda one: (one.last["opened_at"], one.last["id"]))[-limit:], as_json=as_json)


@alerts_app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Of the alert, or its beginning.")],
    as_json: AsJson = False,
) -> None:
    """The life of one alert: its steps, its evidence, and the proof of each delivery.

    Example: `junction-streams alerts show 8ad062d62ba74db84edd15033f185316`
    """
    from streams.alerts import alert_history
    from streams.cli.show.alerts import print_alert

    found = alert_history.read(read_settings(), lambda known: known.startswith(id.lower()))
    if len(found) != 1:
        raise Misconfigured(f"{len(found) or 'no'} alerts begin with {id}; `junction-streams alerts list` shows ids")
    print_alert(next(iter(found.values())), as_json=as_json)


@threshold_app.command("set")
def threshold_set(
    user: Annotated[str, typer.Argument(metavar="USER", help="User id.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.")] = "",
    bound: Annotated[float | None, typer.Option(help="Instead of the rule's bound, in the rule's unit.")] = None,
    clear: Annotated[float | None, typer.Option(help="Where calm begins; default: as far off as in the rule.")] = None,
    off: Annotated[bool, typer.Option("--off", help="The rule is not for this user.")] = False,
    time_zone: Annotated[str, typer.Option(help="Without RULE: the user's zone, like Europe/Madrid.")] = "",
) -> None:
    """A user's own bound for a rule, or time zone; counts for what comes from now on. Safe to repeat.

    Example: `junction-streams alerts threshold set 5f0c2c0e-... glucose-low --bound 3.5`
    """
    from streams.alerts import threshold_topic
    from streams.alerts.lives import Threshold, is_zone, threshold

    if bool(rule) == bool(time_zone):
        raise Misconfigured("name either a RULE with --bound, --clear or --off, or a --time-zone without a RULE")
    if rule and bound is None and clear is None and not off:
        raise Misconfigured("say what differs for this user: --bound, --clear or --off")
    if time_zone and not is_zone(time_zone):
        raise Misconfigured(f"no time zone {time_zone}; write it like Europe/Madrid")
    threshold_topic.write(read_settings(), threshold.validated(Threshold(user, rule, bound, clear, off, time_zone)))


@threshold_app.command("unset")
def threshold_unset(
    user: Annotated[str, typer.Argument(metavar="USER", help="User id.")],
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule; without it: the time zone.")] = "",
) -> None:
    """Take it back: the rule's own bounds count again.

    Example: `junction-streams alerts threshold unset 5f0c2c0e-... glucose-low`
    """
    from streams.alerts import threshold_topic
    from streams.alerts.lives import Threshold

    threshold_topic.write(read_settings(), Threshold(user, rule), take_back=True)


@threshold_app.command("list")
def threshold_list(user: UserId = "", as_json: AsJson = False) -> None:
    """Users' own bounds and time zones that count now."""
    from streams.alerts import threshold_topic
    from streams.cli.show.alerts import print_bounds
    from streams.events import ids

    known = threshold_topic.read(read_settings())
    thresholds = [one for one in known if ids.canonical(user) in ("", one.user_id)]
    print_bounds(thresholds, as_json=as_json)
