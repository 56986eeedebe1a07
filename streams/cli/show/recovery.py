"""What `webhooks recover` prints: the plan, its progress on stderr, and what came of it."""

import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from connectors.control.recovery import ways
from connectors.control.recovery.run import Recovery, RecoverySettings
from connectors.control.recovery.ways import Way
from streams.ops import terminal
from streams.ops.settings import Settings
from streams.ops.terminal import say


def tell(sentence: str) -> None:
    """Progress."""
    say(sentence, file=sys.stderr)


def _text(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")


def _planned(recovery: Recovery, wanted: RecoverySettings) -> dict[str, Any]:
    """For machines."""
    plan, since, until = recovery.plan(), _text(wanted.span.since_ms), _text(wanted.span.until_ms)
    rows = [{"families": way.families, "how": str(way.how), "by": way.by} for way in plan]
    return {"case": recovery.case, "since": since, "until": until or None, "plan": rows, "steps": _steps(plan, wanted)}


def _steps(plan: list[Way], wanted: RecoverySettings) -> list[str]:
    since, until = _text(wanted.span.since_ms), _text(wanted.span.until_ms)
    return list(ways.steps(wanted.url, since, until)) if ways.is_guided(plan) else []


def print_plan(recovery: Recovery, wanted: RecoverySettings, *, as_json: bool, is_all: bool) -> None:
    """A way a line, and the dashboard's steps where a person has to take them. `is_all`: nothing else is printed; as
    JSON the plan comes with the outcome otherwise, and a person sees the steps on stderr."""
    planned = _planned(recovery, wanted)
    if as_json:
        if is_all:
            terminal.machine(planned)
        for step in [] if is_all else planned["steps"]:
            tell(step)
        return
    say(f"Case: {recovery.case}")
    say(f"What was missed since {planned['since']}, until {planned['until'] or 'now'}")
    for way in planned["plan"]:
        say(f"  {way['families']:<14} {way['how']:<8} {way['by']}")
    for step in planned["steps"]:
        say(f"    {step}")


def print_outcome(recovery: Recovery, wanted: RecoverySettings, *, as_json: bool) -> None:
    """What was asked for, what arrived of it, and what did not come back."""
    outcome = recovery.outcome
    arrived = outcome.arrived
    counts = None if arrived is None else {"arrived": len(arrived.since), "new": arrived.new, "known": arrived.known}
    if as_json:
        came = {"asked": outcome.asked, "messages": counts, "not_brought_back": outcome.wrong}
        terminal.machine({**_planned(recovery, wanted), **came})
        return
    for sentence in outcome.asked:
        say(f"asked    {sentence}")
    if arrived is not None:
        say(f"arrived  {len(arrived.since):,} messages of that time: {arrived.new:,} new, {arrived.known:,} known")
    for sentence in outcome.wrong:
        say(f"missing  {sentence}")


async def reconciled(settings: Settings) -> bool:
    """Everybody is compared with Junction, and what is missing is asked for. Whether all could be compared."""
    from streams.cli.show.reconcile_progress import reconcile_users

    found = await reconcile_users(settings, "", fetch=True)
    verdicts = Counter(str(finding.verdict) for one in found for finding in one.findings)
    counted = ", ".join(f"{number:,} {name}" for name, number in sorted(verdicts.items())) or "nobody"
    tell(f"reconciled: {len(found):,} users; {counted}")
    return not any(one.trouble for one in found)
