"""What `webhooks recover` prints: the plan, its progress on stderr, and what came of it."""

import sys
from collections import Counter
from datetime import UTC, datetime

from connectors.control.recovery import ways
from connectors.control.recovery.run import Outcome, Recovery, RecoverySettings
from connectors.control.recovery.ways import How
from streams.ops import terminal
from streams.ops.settings import Settings
from streams.ops.terminal import say


def tell(sentence: str) -> None:
    """Progress."""
    say(sentence, file=sys.stderr)


def _text(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")


def print_plan(recovery: Recovery, wanted: RecoverySettings, *, as_json: bool) -> None:
    """A way a line, and the dashboard's steps where a person has to take them."""
    plan, since, until = recovery.plan(), _text(wanted.span.since_ms), _text(wanted.span.until_ms)
    if as_json:
        rows = [{"families": way.families, "how": str(way.how), "by": way.by} for way in plan]
        terminal.machine({"case": recovery.means.case, "since": since, "until": until or None, "plan": rows})
        return
    say(f"{recovery.means.case}; what was missed since {since}, until {until or 'now'}")
    for way in plan:
        say(f"  {way.families:<14} {way.how:<8} {way.by}")
    if plan[0].how is How.HAND:
        for step in ways.steps(wanted.url, since, until):
            say(f"    {step}")


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """What was asked for, what arrived of it, and what did not come back."""
    arrived = outcome.arrived
    counts = None if arrived is None else {"arrived": len(arrived.since), "new": arrived.new, "known": arrived.known}
    if as_json:
        terminal.machine({"asked": outcome.asked, "messages": counts, "not_brought_back": outcome.wrong})
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
