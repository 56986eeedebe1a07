"""What `webhooks` prints: a plan, what was applied, which endpoints there are."""

from collections.abc import Iterable
from typing import Any

from connectors.control import compare, tag
from connectors.control.apply import AppliedEndpoint
from connectors.control.cases import Case
from connectors.control.plan import Action, Plan, PlannedEndpoint
from connectors.junction.webhook_api import Webhook
from streams.ops import terminal
from streams.ops.terminal import say

_SIGNS = {Action.NOTHING: ("=", "dim"), Action.CREATE: ("+", "green"), Action.CHANGE: ("~", "yellow")}
_SIGNS[Action.DELETE] = ("-", "red")
_WORDS = {Action.NOTHING: "as it is wanted", Action.CREATE: "is to be made", Action.CHANGE: "differs"}
_WORDS[Action.DELETE] = "is ours by its tag, and not in the file"


def print_case(case: Case, *, as_json: bool = False) -> None:
    """Not where a machine reads."""
    if not as_json:
        say(f"Case: {case.value}")


def print_plan(plan: Plan, *, as_json: bool) -> None:
    """An endpoint, and under it each field that differs."""
    if as_json:
        terminal.machine({"is_empty": plan.is_empty, **plan.as_json()})
        return
    for one in plan.endpoints:
        _print_planned(one)
    for other in plan.others:
        say(f"  {other.id} ({compare.shown_url(other.url)}) is not ours, and is not touched: `webhooks adopt` takes it")
    count = sum(one.action is not Action.NOTHING for one in plan.endpoints)
    say(f"{count} to change: `junction-streams webhooks apply`" if count else "Nothing to do")


def _print_planned(one: PlannedEndpoint) -> None:
    sign, look = _SIGNS[one.action]
    console = terminal.console()
    id = f" ({one.id})" if one.id else ""
    console.print(terminal.line((f"{sign} {one.name}{id}", look), f" {_WORDS[one.action]}"), soft_wrap=True)
    for change in one.changes:
        console.print(terminal.line(f"    {change}"), soft_wrap=True)
    for note in one.notes:
        console.print(terminal.line((f"    note: {note}", "dim")), soft_wrap=True)
    if one.needs:
        console.print(terminal.line((f"    only with {' '.join(one.needs)}", "bold")), soft_wrap=True)


def print_applied(one: AppliedEndpoint) -> None:
    """A sentence for each thing that was done, or is still not as it is wanted."""
    for line in one.lines():
        say(line)


def print_list(webhooks: Iterable[Webhook], *, as_json: bool) -> None:
    """All endpoints of the team."""
    rows = [_row(one) for one in webhooks]
    if as_json:
        terminal.machine(rows)
        return
    for row in rows:
        whose = f"ours: {row['name']}" if row["name"] else "not ours"
        events = "everything" if row["events"] is None else f"{len(row['events'])} types"
        rate = f"{row['rate_limit']}/s" if row["rate_limit"] else "any rate"
        state = "enabled" if row["enabled"] else "DISABLED"
        say(f"{row['id']}  {state}  {whose}  {row['url']}  {events}  {rate}")
    if not rows:
        say("Junction has no endpoint for this team and environment")


def _row(one: Webhook) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": tag.of(one.description),
        "url": compare.shown_url(one.url),
        "enabled": not one.is_disabled,
        "events": None if one.filter_types is None else list(one.filter_types),
        "rate_limit": one.rate_limit,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }
