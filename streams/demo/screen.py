"""The demo's screen: the live table, some clean records as a person wants to see them, and where everything is."""

import shlex
import shutil
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from streams.demo import stack
from streams.demo.score import Score
from streams.kafka.reader import Decoded
from streams.kafka.tail import show
from streams.ops.settings import Settings
from streams.simulator.truth.report import Report

SHOWN = ("connections", "backfills", "sleep", "heartrate")
VERDICTS = ("NEW", "CHANGED", "SAME", "STALE", "CONFLICT")


LINE_EVERY_S = 5.0


class Screen:
    """A live table on a terminal; elsewhere a line every few seconds, and the table at the end."""

    def __init__(self, console: Console, running: stack.Stack, *, transient: bool) -> None:
        self._console, self._running, self._transient = console, running, transient
        self._live = Live(console=console, auto_refresh=False, transient=transient)
        self._line_s = time.monotonic()
        self._last: Table | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self._last and not (self._console.is_terminal or self._transient):
            self._console.print(self._last)

    def show(self, score: Score) -> None:
        """The run as it stands now."""
        self._last = table(score, self._running)
        if self._console.is_terminal:
            self._live.update(self._last, refresh=True)
        elif time.monotonic() - self._line_s > LINE_EVERY_S:
            self._line_s = time.monotonic()
            sent = score.tally.sent if score.tally else 0
            waiting = f"{score.waiting:,} waiting" if score.waiting >= 0 else "Kafka is loading"
            history = f", history {score.history.share:.0%}" if score.history else ""
            line = f"… {sent:,} sent{history}, {waiting}, {score.clean_records:,} clean records"
            self._console.print(line, highlight=False)


def table(score: Score, running: stack.Stack) -> Table:
    """One picture of the run."""
    grid = Table(
        title=f"junction-streams demo · {running.kind}{_through(running)}", title_justify="left", show_header=False
    )
    tally = score.tally
    sent, accepted = (tally.sent, tally.accepted) if tally else (0, 0)
    if running.pipeline:
        broker = running.pipeline.title
        grid.add_row("pushed", f"{sent:,}", f"into {broker} by the fake Junction's pipeline, repetitions included")
        grid.add_row("confirmed", f"{accepted:,}", f"by {broker}: Junction is through with them")
        grid.add_row("settled", f"{accepted - score.in_pipeline:,}", f"acknowledged to {broker} after Kafka had them")
    else:
        grid.add_row("received", f"{sent:,}", "deliveries posted by the fake Junction, faults included")
        grid.add_row("verified", f"{accepted:,}", "signed by our secret, answered 204 after Kafka had them")
    grid.add_row("published", f"{score.raw_records:,}", "records in junction.raw.*")
    grid.add_row("waiting", f"{max(score.waiting, 0):,}", "published, not yet committed by the worker")
    if score.history:
        grid.add_section()
        done = score.history
        words = ", ".join(f"{n:,} {word}" for word, n in done.by_status.most_common())
        grid.add_row("history", f"{done.over:,} of {done.jobs:,}", ProgressBar(1.0, done.share, width=43))
        grid.add_row("", f"{done.rows:,}", f"rows in {done.pages:,} pages of the fake API; {words or 'under way'}")
    grid.add_section()
    for family, row in sorted((score.verdicts or {}).items()):
        counts = "  ".join(f"{name} {row[name]:,}" for name in VERDICTS if row[name])
        grid.add_row(family, f"{sum(row.values()):,}", counts)
    grid.add_section()
    grid.add_row("clean records", f"{score.clean_records:,}", "Avro in the clean topics, read_committed")
    if score.p50_ms is not None:
        latency = f"{score.p50_ms:,.0f} / {score.p99_ms:,.0f} ms"
        grid.add_row("latency", latency, f"p50 / p99, from the {_door(running)}'s receipt to the committed record")
    grid.add_row("seconds", f"{score.seconds:.1f}", "")
    return grid


def _through(running: stack.Stack) -> str:
    return f" · door {running.door}" if running.pipeline else ""


def _door(running: stack.Stack) -> str:
    return "door" if running.pipeline else "gateway"


def what_was_found(console: Console, report: Report, records: list[Decoded]) -> None:
    """A few records, then the verdict of the comparison."""
    for name in SHOWN:
        found = next((r for r in reversed(records) if r.topic.endswith(f".{name}") and r.record), None)
        if found:
            show(console, found, as_json=False)
    colour = "green" if report.is_right else "red"
    console.print(
        f"[bold {colour}]{report.checked:,} keys and samples compared with the truth: "
        f"{report.lost} lost, {report.repeated} repeated, {report.wrong} wrong, {report.unexpected} unexpected[/]"
    )
    for example in report.examples:
        console.print(f"  {example}", highlight=False)


def what_now(console: Console, running: stack.Stack, user_id: str, *, is_announced: bool) -> None:
    """Addresses and commands to go on with. `user_id`: somebody to look at; `is_announced`: commands find it."""
    program = _program()
    console.print(
        f"""
Everything stays up until Ctrl-C. In another terminal{", where commands find it by themselves" * is_announced}:

{"" if is_announced else _exports(running.settings)}\
  {program} tail sleep --from-beginning
  {program} status {user_id}

{_pipeline(running)}  webhooks        {running.gateway_url}/webhooks/{stack.ENDPOINT}
  secret          {running.secret}
  metrics         {", ".join(f"{job} http://{target}/metrics" for job, target in running.targets.items())}
  fake API        {running.api_url or "none (--history-days 0)"}{_postgres(running)}
  logs            {running.folder}
""",
        highlight=False,
        soft_wrap=True,
    )


def _pipeline(running: stack.Stack) -> str:
    """What the broker's users have to export, for who sits here: with its password."""
    if running.pipeline is None:
        return ""
    exported = "".join(f"  export {name}={shlex.quote(value)}\n" for name, value in running.pipeline.env.items())
    words = f"Events go into {running.pipeline.title}, and `{running.pipeline.command}` takes them out:"
    return f"{words}\n\n{exported}\n"


def _postgres(running: stack.Stack) -> str:
    """The address, for who sits here: with the password."""
    url = running.settings.postgres_url.get_secret_value()
    return f"\n  PostgreSQL      {url}" if running.sink else ""


def _exports(settings: Settings) -> str:
    kafka, registry = settings.bootstrap_servers, settings.registry_url
    return (
        f"  export STREAMS_BOOTSTRAP_SERVERS={kafka} STREAMS_REGISTRY_URL={registry}\n"
        f"  export STREAMS_PARTITIONS={settings.partitions} STREAMS_QUERY_PORT={settings.query_port}\n"
    )


def _program() -> str:
    """How this program is started from here."""
    script = Path(sys.argv[0])
    if script.name != "junction-streams":
        return f"{sys.executable} -m streams"
    is_on_path = shutil.which(script.name) == str(script.absolute())
    return script.name if is_on_path else str(script)
