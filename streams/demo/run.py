"""The demo from start to end: stack up, days simulated, everything read back, compared with the truth, shown."""

import gc
import json
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain
from typing import TYPE_CHECKING

from rich.console import Console

from streams.demo import alarms, letters, quiet, stack, startup, watch
from streams.demo.findings import Findings, summary
from streams.demo.history import History
from streams.demo.lineage import check as traces
from streams.demo.options import Options
from streams.demo.rights import show as rights_show
from streams.demo.rights.matrix import Trial, matrix
from streams.demo.running.announce import announced
from streams.demo.score import Score
from streams.demo.screen import Screen, what_now, what_was_found
from streams.demo.sender import Sender
from streams.events import topics
from streams.events.parts import Part
from streams.kafka.lag import Lag
from streams.kafka.logins import logins
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Tally
from streams.simulator.delivery.pipeline_message import named
from streams.simulator.truth.report import Report
from streams.simulator.truth.truth import Truth, fetched
from streams.simulator.world.world import World

if TYPE_CHECKING:  # because psycopg may not be installed
    from streams.demo.sink.check import TableFindings

DRAIN_S = 60.0
REFRESH_S = 0.5


def run_demo(settings: Settings, options: Options) -> int:
    """Returns the exit code: 0 when nothing is lost, repeated or wrong. Ctrl-C, which is how one without `once` ends,
    is 0 there; with `once` nothing was compared, so it is 130.
    """
    gc.set_threshold(100_000, 20, 20)  # all records are kept to be compared, and no cycles are among them
    console = Console(stderr=options.as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both stop everything in order
    say: Callable[[str], None] = lambda text: console.print(f"[dim]… {text}[/]", highlight=False)  # noqa: E731  # because it is a callback of one line
    world = World(
        options.seed,
        options.users,
        options.days,
        int(time.time()) * 1000,
        days_of_history=options.history_days,
        has_stories=True,
        has_odd_bodies=True,
        is_pushed=options.is_pushed,
    )
    try:
        with (
            startup.start(
                settings,
                options.keep,
                say,
                world,
                is_short=options.once,
                has_notify=options.is_secure,
                has_sink=options.has_sink,
                is_secure=options.is_secure,
                door=options.door,
            ) as running,
            _announced(settings, options, running) as is_announced,
        ):
            return _Run(running, options, world, console, is_announced=is_announced).go()
    except KeyboardInterrupt:
        console.print("stopped")
        return 130 if options.once else 0


def _announced(settings: Settings, options: Options, running: stack.Stack) -> AbstractContextManager[bool]:
    """Whether other commands find this demo. A Kafka that the user named is not ours to announce, one that is about to
    end is nobody's to look around in, and one with logins lets in nobody without."""
    if settings.bootstrap_servers or options.once or options.is_secure:
        return nullcontext(False)
    return announced(running.settings, "demo", running.api_url)


class _Run:
    def __init__(
        self, running: stack.Stack, options: Options, world: World, console: Console, *, is_announced: bool
    ) -> None:
        self.stack, self.options, self.world, self.console = running, options, world, console
        self.is_announced = is_announced
        self.events = [named(event, options.door) for event in world.events()]
        self.watch = watch.Watch(running.settings, running.roles)
        looking, prefix = running.settings_of(Part.SUPPORT), running.settings.topic_prefix
        self.lag = Lag(looking, [f"{prefix}.{name}" for name in topics.SOURCES])
        self.asked = Lag(_of_fetchers(looking), [f"{prefix}.{topics.FETCH_JOBS}"])
        self.history = History(looking) if running.fetcher else None
        self.raw_before = sum(self.lag.ends().values())
        self.score = Score(tally=Tally())
        self.last_look: quiet.Look | None = None
        self.started_s = time.monotonic()

    def go(self) -> int:
        try:
            self._stream()
            return self._checked() if self.options.once else self._stay()
        finally:
            self.watch.stop()
            self.lag.close()
            self.asked.close()
            if self.history:
                self.history.stop()

    def _stream(self) -> None:
        """Simulate and show until all is sent, committed and read."""
        sender = Sender(self.events, self.stack, self.options, self.score)
        sender.start()
        with Screen(self.console, self.stack, transient=self.options.as_json) as screen:
            self._follow(sender, screen)
            if sender.failure:
                raise sender.failure
            self.watch.wait_drained(DRAIN_S)
            self._refresh()
            screen.show(self.score)

    def _follow(self, sender: "Sender", screen: Screen) -> None:
        """Until the sender has ended and nothing waits, or nothing has moved for DRAIN_S."""
        before, moved_s, is_sending = (-1, 0), time.monotonic(), True
        while is_sending or (self._is_busy() and time.monotonic() - moved_s < DRAIN_S):
            is_sending = sender.is_alive()  # asked before the numbers: what was sent last is then among them
            self._refresh()
            screen.show(self.score)
            now = (self.score.waiting, self.score.history.pages if self.score.history else 0)
            if is_sending or now != before:
                before, moved_s = now, time.monotonic()
            time.sleep(REFRESH_S)

    def _is_busy(self) -> bool:
        """Something is not committed by the worker, or not fetched, or nobody could be asked."""
        return self.last_look is None or not self.last_look.is_quiet

    def _check_services(self) -> None:
        for service, _ in self.stack.services:
            if service and not service.running():
                raise Unavailable(f"a service stopped: {service.last_words()} ({service.log})")

    def _refresh(self) -> None:
        self._check_services()
        score, seen = self.score, self.watch.seen
        self.last_look = None
        with suppress(Unavailable):  # a coordinator that is still loading answers the next time
            self.last_look = found = quiet.look(self._waiting, self.asked, self.history)
            score.waiting, score.history = found.waiting, found.standing
        score.verdicts = watch.verdicts(self.stack.worker_metrics_url)
        score.clean_records = len(seen.records)
        score.p50_ms, score.p99_ms = seen.percentile_ms(0.5), seen.percentile_ms(0.99)
        score.seconds = time.monotonic() - self.started_s

    def _waiting(self) -> int:
        """Messages not yet taken out of a pipeline, and records not yet committed: in this order, so that none is
        missed on its way. The mock cluster keeps no offsets of transactions: there the worker is asked."""
        self.score.in_pipeline = self._in_pipeline()
        return self.score.in_pipeline + self._uncommitted()

    def _in_pipeline(self) -> int:
        if self.stack.pipeline is None:
            return 0
        accepted = self.score.tally.accepted if self.score.tally else 0
        settled = watch.scrape(self.stack.source_metrics_url, "junction_source_settled_total")
        return max(0, accepted - sum(value for _, value in settled))

    def _uncommitted(self) -> int:
        self.score.raw_records = sum(self.lag.ends().values()) - self.raw_before
        if not self.stack.settings.is_mock:
            return self.lag.records()
        committed = watch.scrape(self.stack.worker_metrics_url, "junction_engine_transaction_records_sum")
        return self.score.raw_records - sum(value for _, value in committed)

    def _checked(self) -> int:
        found = self._found()
        if self.options.as_json:
            print(json.dumps(summary(self.score, found)))
        return 0 if found.is_right and not self.score.waiting else 1

    def _found(self) -> "Findings":
        """Everything compared, and shown."""
        alerts = alarms.wait_for(self.events, lambda: list(self.watch.seen.records))
        left = letters.compare(self.events, letters.read(self.stack.settings_of(Part.SUPPORT)))
        truth = Truth.of(chain(self.events, fetched(self.world) if self.history else ()))
        tables, rights = self._check_tables(truth), self._try_rights()
        found = Findings(self._compare(truth), alerts, left, tables, rights, self._trace())
        what_was_found(self.console, found.report, self.watch.seen.records)
        letters.show(self.console, found.letters)
        alarms.show(self.console, found.alerts)
        if found.tables:
            from streams.demo.sink.show import show

            show(self.console, found.tables)
        if found.traces:
            traces.show(self.console, found.traces)
        if found.rights:
            rights_show.show(self.console, found.rights)
        return found

    def _try_rights(self) -> list[Trial]:
        """What each role may not do, tried on the Kafka on which all of them work."""
        if not self.options.is_secure:
            return []
        return matrix({part: self.stack.settings_of(part) for part in Part}, logins(), spares_running=True)

    def _trace(self) -> "traces.Traces | None":
        if self.stack.console is None or not self.options.once:
            return None
        return traces.check(self.stack.settings, self.events, self.watch.seen.records, self.options.seed)

    def _check_tables(self, truth: Truth) -> "TableFindings | None":
        if self.stack.sink is None:
            return None
        from streams.demo.sink.check import check

        return check(self.stack.settings, lambda: list(self.watch.seen.records), truth, self._check_services)

    def _compare(self, truth: Truth) -> Report:
        prefix = f"{self.stack.settings.topic_prefix}."
        clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in self.watch.seen.records if r.record]
        return truth.compare(clean)

    def _stay(self) -> int:
        self._found()
        self._free_memory()
        what_now(self.console, self.stack, next(self.world.people).user_id, is_announced=self.is_announced)
        while True:
            time.sleep(1)
            self._check_services()

    def _free_memory(self) -> None:
        """Stop reading, and drop what was compared: two gigabytes that nobody looks at any more."""
        self.watch.stop()
        self.events.clear()
        self.watch.seen.records.clear()
        gc.collect()


def _of_fetchers(settings: Settings) -> Settings:
    return settings.model_copy(update={"group_id": topics.fetch_group(settings.group_id)})
