"""What the `alerts` commands print: tables and sentences for people, JSON for machines. Never a value of a sample."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from streams.alerts.alert_history import AlertHistory
from streams.alerts.lives import Threshold
from streams.alerts.rules.parser import ParsedRules
from streams.events import rfc3339_seconds, since_epoch
from streams.ops import terminal
from streams.ops.file_problems import FileProblem
from streams.ops.terminal import Rows, line, lines

ID_SHOWN = 12  # enough to name one; `show` takes any beginning


def print_check(name: str, read: ParsedRules, *, as_json: bool) -> bool:
    """Problems of a rules file, or what is in it; answers whether it is good."""
    if as_json:
        problems = [problem._asdict() for problem in read.problems]
        rules = [{"name": rule.name, "kind": rule.kind, "enabled": rule.is_enabled} for rule in read.rules]
        terminal.machine({"file": name, "problems": problems, "rules": rules})
    elif read.problems:
        for problem in read.problems:
            terminal.console().print(_problem(name, problem), soft_wrap=True)
    else:
        on = sum(rule.is_enabled for rule in read.rules)
        terminal.say(f"{name}: {len(read.rules)} rules, {on} switched on; nothing wrong")
    return not read.problems


def _problem(name: str, problem: FileProblem) -> Text:
    hint = [f"    {problem.hint}"] if problem.hint else []
    return lines([f"{name}:{problem.line}: {problem.text}", *hint])


def print_list(alerts: Sequence[AlertHistory], *, as_json: bool) -> None:
    """One line an alert, newest last."""
    if as_json:
        terminal.machine([{**one.last, "deliveries": _states(one)} for one in alerts], _plain)
        return
    table = Rows("id", "opened (UTC)", "life", "severity", "rule", "user", "about", "delivered")
    for one in alerts:
        last = one.last
        life = last["life"] if one.is_open else f"{last['life']}: {last['resolution']}"
        states = ", ".join(f"{name} {state}" for name, state in _states(one).items())
        table.add(
            last["id"][:ID_SHOWN], _moment(last["opened_at"]), life, last["severity"], last["rule"], last["user_id"],
            last["subject"], states,
        )  # fmt: skip
    terminal.console().print(table)
    terminal.say(f"{len(alerts)} alerts; `junction-streams alerts show ID` tells the life of one")


def _states(alert: AlertHistory) -> dict[str, str]:
    """Newest state of the newest step, by receiver."""
    newest = alert.last["revision"]
    return {one["receiver"]: one["status"] for one in alert.deliveries if one["revision"] == newest}


def print_alert(alert: AlertHistory, *, as_json: bool) -> None:
    """The whole life of one alert: its steps, its evidence, every attempt to bring it to somebody."""
    if as_json:
        terminal.machine({"steps": alert.steps, "deliveries": alert.deliveries}, _plain)
        return
    console, last = terminal.console(), alert.last
    console.print(line((last["id"], "bold"), f"  {last['rule']}  {last['severity']}  user {last['user_id']}"))
    console.print(lines(filter(None, (last["summary"], last["link"]))))
    steps = Rows("step", "life", "said (UTC)", "true since", "until", "why over")
    for one in alert.steps:
        until = one["resolved_at"] and _moment(one["resolved_at"])
        said, since = _moment(one["at"]), _moment(one["opened_at"])
        steps.add(str(one["revision"]), one["life"], said, since, until, one["resolution"])
    console.print(steps)
    evidence = Rows("evidence (UTC)", "provider", "source", "entity", "stored original")
    for one in last["evidence"]:
        place = f"{one['raw_topic']} {one['raw_partition']}:{one['raw_offset']}" if one["raw_topic"] else ""
        evidence.add(_moment(one["time"]), one["provider"], one["source_type"], one["entity"], place)
    console.print(evidence)
    if alert.deliveries:
        proofs = Rows("step", "receiver", "attempt", "at (UTC)", "status", "answer", "why")
        for one in alert.deliveries:
            answer = "" if one["http_status"] is None else str(one["http_status"])
            proofs.add(
                str(one["revision"]), one["receiver"], str(one["attempt"]), _moment(one["at"]), one["status"], answer,
                one["reason"],
            )  # fmt: skip
        console.print(proofs)
    else:
        terminal.say("no delivery yet; `junction-streams notify` brings alerts to their receivers")


def print_bounds(thresholds: Sequence[Threshold], *, as_json: bool) -> None:
    """Users' own bounds and zones."""
    if as_json:
        terminal.machine(list(map(_threshold, thresholds)))
        return
    table = Rows("user", "rule", "bound", "calm", "time zone")
    for one in thresholds:
        bound = "off" if one.is_off else "" if one.bound is None else f"{one.bound:g}"
        table.add(one.user_id, one.rule, bound, "" if one.clear is None else f"{one.clear:g}", one.time_zone)
    terminal.console().print(table)


def _threshold(one: Threshold) -> dict[str, Any]:
    return {
        "user_id": one.user_id, "rule": one.rule, "bound": one.bound, "clear": one.clear, "off": one.is_off,
        "time_zone": one.time_zone or None,
    }  # fmt: skip


def _moment(value: datetime) -> str:
    return rfc3339_seconds(since_epoch(value))


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
