"""The demo from start to end: stack up, days simulated, everything read back, compared with the truth, shown."""

import asyncio
import gc
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from streams.demo import alarms, letters, quiet, stack, watch
from streams.demo.history import History
from streams.demo.letters import Letters
from streams.demo.running.announce import announced
from streams.demo.score import Score
from streams.demo.screen import Screen, what_now, what_was_found
from streams.events import topics
from streams.kafka.lag import Lag
from streams.ops.errors import StreamsError, Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Tally, Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.people.stories import Comparison
from streams.simulator.truth.truth import Report, Truth, fetched
from streams.simulator.world.world import Event, World

DRAIN_S = 60.0
REFRESH_S = 0.5
FAULTS = {"duplicates": 0.2, "late": 0.02, "lost_ack": 0.03, "reorder_window_s": 7200.0}


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `rate` in deliveries per second, 0 as fast as it goes."""

    once: bool
    as_json: bool
    users: int
    days: int
    seed: int
    rate: float
    keep: Path | None
    history_days: int = 90


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
    )
    try:
        with (
            stack.start(settings, options.keep, say, world, is_short=options.once) as running,
            _announced(settings, options, running) as is_announced,
        ):
            return _Run(running, options, world, console, is_announced=is_announced).go()
    except KeyboardInterrupt:
        console.print("stopped")
        return 130 if options.once else 0


def _announced(settings: Settings, options: Options, running: stack.Stack) -> AbstractContextManager[bool]:
    """Whether other commands find this demo. A Kafka that the user named is not ours to announce, and one that is about
    to end is nobody's to look around in."""
    if settings.bootstrap_servers or options.once:
        return nullcontext(False)
    return announced(running.settings, "demo", running.api_url)


class Found(NamedTuple):
    """What the run is compared with."""

    report: Report
    alerts: Comparison
    letters: Letters

    @property
    def is_right(self) -> bool:
        return self.report.is_right and self.alerts.is_right and self.letters.is_right


class _Run:
    def __init__(
        self, running: stack.Stack, options: Options, world: World, console: Console, *, is_announced: bool
    ) -> None:
        self.stack, self.options, self.world, self.console = running, options, world, console
        self.is_announced = is_announced
        self.events = list(world.events())
        self.watch = watch.Watch(running.settings)
        prefix = running.settings.topic_prefix
        self.lag = Lag(running.settings, [f"{prefix}.{name}" for name in topics.SOURCES])
        self.asked = Lag(_of_fetchers(running.settings), [f"{prefix}.{topics.FETCH_JOBS}"])
        self.history = History(running.settings) if running.fetcher else None
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
        sender = _Sender(self.events, self.stack, self.options, self.score)
        sender.start()
        with Screen(self.console, self.stack, transient=self.options.as_json) as screen:
            self._follow(sender, screen)
            if sender.failure:
                raise sender.failure
            self.watch.wait_drained(DRAIN_S)
            self._refresh()
            screen.show(self.score)

    def _follow(self, sender: "_Sender", screen: Screen) -> None:
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
        for service in (self.stack.gateway, self.stack.worker, self.stack.fetcher):
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
        """Records not yet committed. The mock cluster keeps no offsets of transactions: there the worker is asked."""
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

    def _found(self) -> "Found":
        """Everything compared, and shown."""
        alerts = alarms.settled(self.events, lambda: list(self.watch.seen.records))
        found = Found(self._compare(), alerts, letters.compare(self.events, letters.read(self.stack.settings)))
        what_was_found(self.console, found.report, self.watch.seen.records)
        letters.show(self.console, found.letters)
        alarms.show(self.console, found.alerts)
        return found

    def _compare(self) -> Report:
        prefix = f"{self.stack.settings.topic_prefix}."
        clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in self.watch.seen.records if r.record]
        truth = Truth.of(chain(self.events, fetched(self.world) if self.history else ()))
        return truth.compare(clean)

    def _stay(self) -> int:
        self._found()
        self._let_go()
        what_now(self.console, self.stack, next(self.world.people).user_id, is_announced=self.is_announced)
        while True:
            time.sleep(1)
            self._check_services()

    def _let_go(self) -> None:
        """What was read and compared is two gigabytes, and nobody looks at it any more."""
        self.watch.stop()
        self.events.clear()
        self.watch.seen.records.clear()
        gc.collect()


def _of_fetchers(settings: Settings) -> Settings:
    return settings.model_copy(update={"group_id": topics.fetch_group(settings.group_id)})


class _Sender(threading.Thread):
    """Delivers the world's events in a loop of its own, so that the screen stays alive."""

    def __init__(self, events: Iterable[Event], running: stack.Stack, options: Options, score: Score) -> None:
        super().__init__(name="sender", daemon=True)
        self._events, self._stack, self._options, self._score = events, running, options, score
        self.failure: StreamsError | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._deliver())
        except StreamsError as error:
            self.failure = error

    async def _deliver(self) -> None:
        target = Target(f"{self._stack.gateway_url}/webhooks/{stack.ENDPOINT}", self._stack.secret)
        attempts = schedule(self._events, Faults(seed=self._options.seed, **FAULTS))
        async with open_courier(target) as courier:
            self._score.tally = courier.tally
            await courier.deliver(attempts, self._options.rate)


def summary(score: Score, found: Found) -> dict[str, Any]:
    """The object of `--json`."""
    report, alerts, left = found
    tally = score.tally or Tally()
    verdicts: Counter[str] = Counter()
    for row in (score.verdicts or {}).values():
        verdicts.update(row)
    return {
        "sent": tally.sent,
        "accepted": tally.accepted,
        "raw_records": score.raw_records,
        "verdicts": dict(verdicts),
        "clean_records": score.clean_records,
        "lost": report.lost,
        "repeated": report.repeated,
        "wrong": report.wrong,
        "unexpected": report.unexpected,
        "checked": report.checked,
        "dead_letters": {"expected": len(left.expected), "lost": len(left.lost), "unexpected": len(left.unexpected)},
        "alerts": {"expected": len(alerts.stories), "lost": len(alerts.lost), "unexpected": len(alerts.unexpected)},
        "latency_ms": {"p50": score.p50_ms, "p99": score.p99_ms},
        "seconds": round(score.seconds, 1),
        **({"history": score.history.as_json()} if score.history else {}),
    }
