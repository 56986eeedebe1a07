"""What `reconcile` prints: one user as a certificate of completeness, all users as a summary."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from connectors.history.reconcile.findings import GOOD, ResourceFinding, UserReconciliation
from streams.events import DAY_US, day_text, rfc3339_seconds
from streams.ops import terminal
from streams.ops.terminal import Rows, line

COLUMNS = ("provider", "resource", "expected", "days there", "days here", "newest there", "newest here", "verdict")
NAMED_MAX = 20  # users, in each list of a summary


def print_reconciliations(found: Sequence[UserReconciliation], *, one_user: bool, as_json: bool) -> bool:
    """A certificate of one user, else a summary of all, and on stderr who could not be compared.

    Returns whether everybody is complete.
    """
    if one_user:
        for one in found:
            print_certificate(one, as_json=as_json)
    else:
        print_summary(found, as_json=as_json)
        _print_troubles(found)
    return all(one.is_complete for one in found)


def _print_troubles(found: Sequence[UserReconciliation]) -> None:
    """On stderr: who could not be compared, and why."""
    troubles = [one for one in found if one.trouble]
    if troubles:
        terminal.say(f"{len(troubles):,} users could not be compared:", file=sys.stderr)
    for one in troubles[:NAMED_MAX]:
        terminal.say(f"  {one.user_id}  {one.trouble}", file=sys.stderr)


def print_certificate(one: UserReconciliation, *, as_json: bool) -> None:
    """A certificate of completeness of one user."""
    if as_json:
        terminal.machine(_certificate(one))
        return
    table = Rows(*COLUMNS, title=one.user_id, right=("days there", "days here"), once="provider")
    for finding in one.findings:
        report = finding.report
        span = f"{_day(report.start_us)} to {_day(report.end_us)}" if report.start_us is not None else ""
        table.add(
            finding.provider, finding.resource, span, str(report.days), str(finding.days_ours), _day(report.newest_us),
            _day(finding.newest_us), line((finding.verdict, _colour(finding.is_good))),
        )  # fmt: skip
    console = terminal.console()
    console.print(table)
    bad = sum(not finding.is_good for finding in one.findings)
    if not one.findings:
        console.print(line("Junction says nothing about this user."))
    elif bad:
        what = f"{one.asked} spans were asked for" if one.asked else "`--fetch` asks for what is missing"
        console.print(line((f"{bad} of {len(one.findings)} resources are not complete", "red"), f"; {what}."))
    else:
        console.print(line((f"complete: {len(one.findings)} resources", "green")))


def _certificate(one: UserReconciliation) -> dict[str, Any]:
    """One user, as a line of JSON."""
    rows = [_row(finding) for finding in one.findings]
    return {
        "user_id": one.user_id,
        "is_complete": one.is_complete,
        "asked": one.asked,
        "rows": rows,
    }


def _row(one: ResourceFinding) -> dict[str, Any]:
    report = one.report
    return {
        "provider": one.provider,
        "resource": one.resource,
        "verdict": one.verdict,
        "range_start": _time(report.start_us),
        "range_end": _time(report.end_us),
        "days_theirs": report.days,
        "days_ours": one.days_ours,
        "newest_theirs": _time(report.newest_us),
        "newest_ours": _time(one.newest_us),
        "sent_theirs": report.sent,
        "pull_status": report.pull,
        "pull_error": report.pull_error,
        "backfill_status": one.backfill,
    }


def _colour(is_good: bool) -> str:
    return "green" if is_good else "red"


def print_summary(all_: Sequence[UserReconciliation], *, as_json: bool) -> None:
    """Everybody, by verdict; the users with something amiss are named."""
    counts = Counter(finding.verdict for one in all_ for finding in one.findings)
    amiss = [one for one in all_ if not one.is_complete]
    troubled = sum(bool(one.trouble) for one in all_)
    asked = sum(one.asked for one in all_)
    if as_json:
        sums = {"users": len(all_), "amiss": len(amiss), "not_compared": troubled, "asked": asked}
        terminal.machine({**sums, "verdicts": dict(counts)})
        return
    console = terminal.console()
    for verdict, n in counts.most_common():
        console.print(line((f"{verdict:<15}", _colour(verdict in GOOD)), f" {n:>8,}"))
    console.print(line(f"{len(all_):,} users, {len(amiss):,} with something amiss, {asked:,} spans asked for"))
    for one in amiss[:NAMED_MAX]:
        names = ", ".join(f"{f.provider} {f.resource} {f.verdict}" for f in one.findings if not f.is_good)
        console.print(line(f"  {one.user_id}  {names or one.trouble}"), soft_wrap=True)


def _time(us: int | None) -> str | None:
    return None if us is None else rfc3339_seconds(us)


def _day(us: int | None) -> str:
    return "" if us is None else day_text(us // DAY_US)
