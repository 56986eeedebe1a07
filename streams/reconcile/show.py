"""What was found, for people and machines: one user as a certificate, all of them as a summary."""

import json
import time
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from streams.reconcile.compare import GOOD, Finding
from streams.reconcile.run import Reconciled

COLUMNS = ("provider", "resource", "expected", "days there", "days here", "newest there", "newest here", "verdict")
WIDTH = 140  # where there is no terminal


def as_json(one: Reconciled) -> dict[str, Any]:
    """One user, as a line of JSON."""
    rows = [_row(finding) for finding in one.findings]
    return {
        "user_id": one.user_id,
        "is_complete": all(f.is_good for f in one.findings),
        "asked": one.asked,
        "rows": rows,
    }


def _row(one: Finding) -> dict[str, Any]:
    said = one.theirs
    return {
        "provider": one.provider,
        "resource": one.resource,
        "verdict": one.verdict,
        "range_start": _time(said.start_us),
        "range_end": _time(said.end_us),
        "days_theirs": said.days,
        "days_ours": one.days_ours,
        "newest_theirs": _time(said.newest_us),
        "newest_ours": _time(one.newest_us),
        "sent_theirs": said.sent,
        "pull_status": said.pull,
        "pull_error": said.pull_error,
        "backfill_status": one.backfill,
    }


def show(one: Reconciled, *, machine: bool) -> None:
    """A certificate of completeness of one user."""
    if machine:
        print(json.dumps(as_json(one)))
        return
    table = Table(title=f"{one.user_id}", title_justify="left", title_style="bold")
    for column in COLUMNS:
        table.add_column(column, overflow="fold", justify="right" if column.startswith("days") else "left")
    before = ""
    for finding in one.findings:
        said = finding.theirs
        span = f"{_day(said.start_us)} to {_day(said.end_us)}" if said.start_us is not None else ""
        colour = "green" if finding.is_good else "red"
        provider, before = "" if finding.provider == before else finding.provider, finding.provider
        table.add_row(
            provider, finding.resource, span, str(said.days), str(finding.days_ours), _day(said.newest_us),
            _day(finding.newest_us), f"[{colour}]{finding.verdict}[/]",
        )  # fmt: skip
    console = _console()
    console.print(table)
    bad = sum(not finding.is_good for finding in one.findings)
    if not one.findings:
        console.print("Junction says nothing about this user.")
    elif bad:
        what = f"{one.asked} spans were asked for" if one.asked else "`--fetch` asks for what is missing"
        console.print(f"[red]{bad} of {len(one.findings)} resources are not complete[/]; {what}.")
    else:
        console.print(f"[green]complete: {len(one.findings)} resources[/]")


def summary(all_: list[Reconciled], *, machine: bool) -> None:
    """Everybody, by verdict; the users with something amiss are named."""
    counts = Counter(finding.verdict for one in all_ for finding in one.findings)
    amiss = [one for one in all_ if not all(finding.is_good for finding in one.findings)]
    asked = sum(one.asked for one in all_)
    if machine:
        print(json.dumps({"users": len(all_), "amiss": len(amiss), "asked": asked, "verdicts": dict(counts)}))
        return
    console = _console()
    for verdict, n in counts.most_common():
        colour = "green" if verdict in GOOD else "red"
        console.print(f"[{colour}]{verdict:<15}[/] {n:>8,}", highlight=False)
    console.print(
        f"{len(all_):,} users, {len(amiss):,} with something amiss, {asked:,} spans asked for", highlight=False
    )
    for one in amiss[:20]:
        names = ", ".join(f"{f.provider} {f.resource} {f.verdict}" for f in one.findings if not f.is_good)
        console.print(f"  {one.user_id}  {names}", highlight=False, soft_wrap=True)


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def _time(us: int | None) -> str | None:
    return None if us is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(us / 1e6))


def _day(us: int | None) -> str:
    return "" if us is None else time.strftime("%Y-%m-%d", time.gmtime(us / 1e6))
