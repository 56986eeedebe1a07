"""What `source diff` prints: what came by both doors, what by one alone, and what that means."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from streams.doors.compare import DoorDiff
from streams.doors.judging import Presence
from streams.doors.misses import MissingEvent
from streams.events import times
from streams.ops import terminal
from streams.ops.terminal import Rows, line

KINDS_SHOWN = 20
_MEANS = {
    Presence.MISSING: "missing at {lacking}",
    Presence.LATE: "late: Junction still tries the webhook, for 27 h from the first attempt",
    Presence.HISTORY: "history that Junction pushes through a pipeline alone",
    Presence.WAITING: "came within the grace: may still be on its way",
    Presence.EARLY: "sent before that time: may have come earlier",
}


def print_diff(found: DoorDiff, since_ms: int, *, as_json: bool) -> bool:
    """The comparison. Returns whether the door to be kept lacks nothing."""
    if as_json:
        terminal.machine(_fields(found, since_ms))
        return found.report.is_complete
    report = found.report
    kept, others = report.terms.kept, " and ".join(report.terms.others)
    terminal.say(f"{kept}, to be kept, against {others}; events since {_time(since_ms)}")
    terminal.say(f"{report.both:>12,}  came by both{_lead(report.lead_ms, kept, others)}")
    _print_lacks(report.kept_lacks, others, kept)
    _print_lacks(report.others_lack, kept, others)
    _print_kinds(found, kept, others)
    _print_named(found.named)
    terminal.console().print(_verdict(found, kept, others))
    return report.is_complete


def _lead(lead_ms: float | None, kept: str, others: str) -> str:
    if lead_ms is None:
        return ""
    first = kept if lead_ms >= 0 else others
    return f"; {first} was first by {abs(lead_ms) / 1000:,.3f} s (median)"


def _print_lacks(lacks: Counter[Presence], brought: str, lacking: str) -> None:
    terminal.say(f"{lacks.total():>12,}  by {brought} alone")
    for presence, words in _MEANS.items():
        if lacks[presence]:
            terminal.say(f"{lacks[presence]:>16,}  {words.format(lacking=lacking)}")


def _print_kinds(found: DoorDiff, kept: str, others: str) -> None:
    """Event types that differ, those with most first."""
    differ = sorted((-sum(n[1:]), found.kinds[kind], n) for kind, n in found.report.kinds.items() if sum(n[1:]))
    columns = ("both", f"only {kept}", f"only {others}")
    table = Rows("event type", *columns, right=columns)
    for _, name, counts in differ[:KINDS_SHOWN]:
        table.add(name, *(f"{n:,}" for n in counts))
    if differ:
        terminal.console().print(table)
    if len(differ) > KINDS_SHOWN:
        terminal.say(f"and {len(differ) - KINDS_SHOWN:,} more event types")


def _print_named(named: Sequence[MissingEvent]) -> None:
    table = Rows("only at", "event type", "user", "delivery", "came", "place", "matters", once="only at")
    for one in named:
        place = f"{one.topic} {one.partition}:{one.offset}"
        came = times.text(one.received_ms * 1000)
        table.add(one.door, one.event_type, one.user_id, one.delivery_id, came, place, _matters(one))
    if len(table):
        terminal.console().print(table)


def _matters(one: MissingEvent) -> str:
    if not one.is_of_kept:
        return ""
    return "?" if one.matters is None else "yes" if one.matters else "no"


def _verdict(found: DoorDiff, kept: str, others: str) -> Text:
    n = found.report.kept_lacks[Presence.MISSING]
    if not n:
        return line((f"{kept} lacks nothing that {others} brought", "green"))
    more = f", of {found.unknown:,} nobody looked" if found.unknown else ""
    matter = f"{found.matter:,} of them {'matters' if found.matter == 1 else 'matter'}"
    lacks = (f"{kept} lacks {_many(n, 'event')}", "red")
    return line(lacks, f"; {matter} (nothing newer came by {kept}){more}. Keep both doors on")


def _many(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def _time(ms: int) -> str:
    return times.text(ms * 1000)


def _fields(found: DoorDiff, since_ms: int) -> dict[str, Any]:
    report = found.report
    terms = report.terms
    return {
        "keep": terms.kept,
        "others": terms.others,
        "since": _time(since_ms),
        "until": _time(terms.now_ms),
        "grace_s": terms.grace_ms / 1000,
        "records": report.records,
        "both": report.both,
        "kept_first_by_s": None if report.lead_ms is None else report.lead_ms / 1000,
        "kept_lacks": {presence: report.kept_lacks[presence] for presence in _MEANS},
        "others_lack": {presence: report.others_lack[presence] for presence in _MEANS},
        "missing_that_matter": found.matter,
        "missing_not_looked_at": found.unknown,
        "event_types": {
            found.kinds[kind]: dict(zip(("both", "only_kept", "only_others"), counts, strict=True))
            for kind, counts in sorted(report.kinds.items())
        },
        "missing": [_missing(one) for one in found.named],
        "is_complete": report.is_complete,
    }


def _missing(one: MissingEvent) -> dict[str, Any]:
    return {
        "lacked_by": "kept" if one.is_of_kept else "others",
        "door": one.door,
        "event_type": one.event_type,
        "user_id": one.user_id,
        "delivery_id": one.delivery_id,
        "received_at": _time(one.received_ms),
        "topic": one.topic,
        "partition": one.partition,
        "offset": one.offset,
        "matters": one.matters,
    }
