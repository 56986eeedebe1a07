"""What `dead-letters` prints. Values of a body only where they were asked for."""

import heapq
from collections import Counter
from dataclasses import asdict
from typing import Any

from streams.cli.show.explain import render
from streams.events import H_SVIX_SIGNATURE, header
from streams.letters import redrive, returns, topic_reader
from streams.letters.explain import Explanation
from streams.letters.letter import Letter, LetterFilter
from streams.letters.shapes import shape
from streams.letters.topic_reader import RedriveMark
from streams.ops import terminal
from streams.ops.errors import Misconfigured, Rejected
from streams.ops.settings import Settings
from streams.ops.terminal import line, lines, pairs

_SHOWN = ("place", "time", "reason", "detail", "event_type", "user_id", "delivery_id", "died_at", "version")
_NO_REASON = "(none)"


def print_letters(settings: Settings, wanted: LetterFilter, limit: int, *, as_json: bool) -> None:
    """The newest letters, and the count of all that match by reason."""
    reasons: Counter[str] = Counter()
    newest: list[tuple[int, int, int, dict[str, str]]] = []
    for letter in topic_reader.letters(settings, wanted):
        reasons[letter.reason] += 1
        row = (letter.at_ms, letter.partition, letter.offset, _fields(letter))
        (heapq.heappush if len(newest) < limit else heapq.heappushpop)(newest, row)
    rows = [row[-1] for row in sorted(newest, key=lambda row: row[:-1], reverse=True)]
    if as_json:
        terminal.machine({"matching": reasons.total(), "reasons": dict(reasons), "letters": rows})
    elif rows:
        for fields in rows:
            terminal.say(_line(fields))
        terminal.say(counted(len(rows), reasons))
    else:
        terminal.say("no dead letters" if wanted.is_open else "no dead letter matches")


def counted(shown: int, reasons: Counter[str]) -> str:
    """How many letters are shown of how many, and all by their reason. Whoever may write to the topic may leave the
    reason out."""
    by_reason = ", ".join(f"{reason or _NO_REASON} {n:,}" for reason, n in reasons.most_common())
    return f"{shown:,} of {reasons.total():,} shown: {by_reason}"


def _fields(letter: Letter) -> dict[str, str]:
    """The fields of a letter; empty ones are left out."""
    fields = {name: getattr(letter, name) for name in (*_SHOWN, "redriven_from")}
    return {name: value for name, value in fields.items() if value}


def _line(row: dict[str, str]) -> str:
    what = row.get("event_type") or "(no event type)"
    again = f"redriven before, from {row['redriven_from']}" if "redriven_from" in row else ""
    head = f"{row['place']:>9}  {row['time']}  {row.get('reason', _NO_REASON):<14}"
    return "  ".join(filter(None, (head, what, row.get("detail"), row["died_at"], again)))


def print_letter(settings: Settings, place: str, *, reveal: bool, as_json: bool) -> None:
    """One letter in full. Raises Misconfigured where there is none at this place."""
    letter = next(topic_reader.letters(settings, LetterFilter(place=place)), None)
    if letter is None:
        raise Misconfigured(f"no dead letter at {place}; `junction-streams dead-letters list` has their places")
    mark = topic_reader.marks(settings).get(place)  # after the letter: so a redrive that happens meanwhile is shown
    page = described(letter, settings, mark if mark and mark.at_ms == letter.at_ms else None, reveal=reveal)
    if as_json:
        terminal.machine(page, str)
        return
    console = terminal.console()
    console.print(pairs((name.replace("_", " "), str(value)) for name, value in page["letter"].items()))
    console.print(line("what would become of it now", style="bold"))
    console.print(render(_now(letter, settings)))
    console.print(line(page["redrive"]))
    console.print(line("body" if reveal else "shape of the body (values: --reveal)", style="bold"))
    if reveal:
        terminal.reveal(page["body"])
    else:
        console.print(lines(page["shape"]), soft_wrap=True)


def described(letter: Letter, settings: Settings, mark: RedriveMark | None, *, reveal: bool) -> dict[str, Any]:
    """A letter for machines. `redrive`: what the command of that name would do about it."""
    put = returns.return_of(letter, settings.topic_prefix, settings.partitions, settings.body_bytes_max)
    body = _readable(letter, settings)
    doing = put.refusal or f"would go to {put.topic} {put.partition}"
    page: dict[str, Any] = {
        "letter": _fields(letter) | {"size_bytes": len(letter.body), "signed": _is_signed(letter)},
        "now": asdict(_now(letter, settings)),
        "redrive": f"redriven at {mark.redriven_at} to {mark.to}" if mark else doing,
        "shape": shape(body),
    }
    return page | {"body": body.decode("utf-8", "backslashreplace")} if reveal else page


def _now(letter: Letter, settings: Settings) -> Explanation:
    return returns.explain_now(letter, settings.topic_prefix, settings.partitions, settings.body_bytes_max)


def _readable(letter: Letter, settings: Settings) -> bytes:
    """Its body unpacked; as it is where that cannot be."""
    try:
        return returns.plain_body(letter, settings.body_bytes_max)
    except Rejected:
        return letter.body


def _is_signed(letter: Letter) -> bool:
    return bool(header(letter.headers, H_SVIX_SIGNATURE))


def print_redrive(settings: Settings, wanted: LetterFilter, *, dry_run: bool, rate: float, as_json: bool) -> None:
    """Each letter with its outcome, as it happens, and the sum."""
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    try:
        for outcome in redrive.redrive(settings, wanted, dry_run=dry_run, rate=rate):
            counts[outcome.outcome] += 1
            if as_json:
                rows.append(outcome._asdict())
                continue
            terminal.say(f"{outcome.place:>12}  {outcome.outcome:<13} {outcome.event_type or '?'}  {outcome.why}")
    finally:  # after Ctrl-C too: the sum says what was redriven
        _print_sum(counts, rows, dry_run=dry_run, as_json=as_json)


def _print_sum(counts: Counter[str], rows: list[dict[str, Any]], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        terminal.machine({"dry_run": dry_run, "counts": dict(counts), "letters": rows})
    else:
        terminal.say(", ".join(f"{name} {n:,}" for name, n in counts.most_common()) or "no dead letter matches")
