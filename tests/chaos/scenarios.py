"""The table of scenarios, the most important first."""

import os
import tempfile
from pathlib import Path
from subprocess import CalledProcessError

from streams.ops.settings import MIB
from tests.chaos import alarms, disks, faults, sink_faults
from tests.chaos.naps import PLACES, Place, Wants
from tests.chaos.scenario import Every, Once, Scenario

INSIDE = ("--folder", "{folder}")  # of the stage: how faults reach into the worker


def no_small_disk() -> str | None:
    """Why no small disk can be made here."""
    if os.geteuid() != 0:
        return "because only root may mount a tmpfs"
    with tempfile.TemporaryDirectory() as place:
        try:
            disks.mount(Path(place), 1)
        except (CalledProcessError, OSError):
            return "because this machine refuses to mount a tmpfs"
        disks.unmount(Path(place))
    return None


_ALL = [
    Scenario("worker_kill", "SIGKILL in a loop, state kept", (Every(2, 5, faults.kill_worker),)),
    Scenario("worker_kill_wiped", "SIGKILL in a loop, state deleted", (Every(2, 6, faults.kill_worker_wiped),)),
    Scenario(
        "state_damaged",
        "SIGKILL in a loop; files of the state are cut short or lost",
        (Every(3, 6, faults.kill_worker_damaged),),
    ),
    Scenario("workers_two", "two workers, SIGKILL to either", (Every(2, 6, faults.kill_worker),), workers=2),
    Scenario(
        "workers_three",
        "three workers, SIGKILL to any, state deleted half of the time",
        (Every(2, 6, faults.one_of(faults.kill_worker, faults.kill_worker_wiped)),),
        workers=3,
    ),
    Scenario(
        "worker_pause",
        "two workers, SIGSTOP for longer than the session and the transaction timeout, then SIGCONT",
        (Every(12, 16, faults.pause_worker(7, 13)),),
        workers=2,
    ),
    Scenario(
        "rolling_restart", "SIGTERM to one of two after the other", (Every(11, 14, faults.restart_each),), workers=2
    ),
    Scenario("join_leave", "a second worker joins and leaves", (Every(4, 7, faults.come_or_go("w9")),)),
    Scenario(
        "gateway_kill", "SIGKILL to the gateway; the sender repeats", (Every(2, 5, faults.kill_gateway),), rate=300
    ),
    Scenario(
        "broker_kill", "SIGKILL to the only broker, restart on its data", (Every(12, 16, faults.bounce_broker, 6),)
    ),
    Scenario(
        "broker_three",
        "three brokers, replication 3, SIGKILL to one at a time",
        (Every(10, 14, faults.bounce_broker, 6),),
        nodes=3,
        rate=60,
    ),
    Scenario(
        "broker_stale",
        "three brokers, two workers; one broker sleeps until it is replaced, and wakes as a worker is killed",
        (Every(8, 12, faults.stale_broker, 5),),
        workers=2,
        nodes=3,
        rate=60,
    ),
    Scenario(
        "lost_batches",
        "3 % of the slices vanish inside the worker, which is killed now and then",
        (Every(8, 14, faults.kill_worker),),
        flags=("--lose", "0.03"),
    ),
    Scenario(
        "registry_down",
        "no registry at the start; in the middle it is killed, with a worker that needs it to start",
        (Once(0.1, faults.registry_away),),
        setup=faults.start_without_registry,
    ),
    Scenario("fold_bug", "a fold raises what it should not", (Every(5, 9, faults.bug),), flags=INSIDE),
    Scenario("poison", "2 % unreadable bodies, and SIGKILL", (Every(5, 9, faults.kill_worker),), poison=0.02),
    Scenario(
        "poison_grow",
        "2 % bodies that fit at the door and would not as records, and SIGKILL",
        (Every(5, 9, faults.kill_worker),),
        rate=100.0,
        poison=0.02,
        record_bytes_max=MIB,
    ),
    Scenario(
        "poison_pause",
        "few records, half of them hopeless; a worker of two sleeps between offsets and commit, somebody takes over",
        (Every(11, 13, faults.nap("offsets_sent_bare", low_s=8.2, high_s=9.2)),),
        workers=2,
        rate=12.0,
        poison=1.0,
        flags=INSIDE,
    ),
    Scenario(
        "nap_unsent",
        "a worker of two sleeps between offsets and commit, its records not sent; it commits when somebody took over",
        (
            Once(0.05, faults.nap("offsets_sent_rows", low_s=8.2, high_s=9.2, then="committed")),  # most come early
            Every(12, 14, faults.nap("offsets_sent_changing", low_s=8.2, high_s=9.2, then="committed"), 14),
        ),
        workers=2,
        rate=40.0,
        flags=INSIDE,
    ),
    Scenario(
        "naps",
        "two workers, two fetchers; one of them stops between any two calls of the engine, and wakes later",
        (Every(10, 12, faults.nap()),),
        workers=2,
        flags=INSIDE,
        fetchers=2,
        fetcher_flags=INSIDE,
    ),
    Scenario(
        "restore_slow",
        "one write of a restore takes seconds; meanwhile another worker comes, which goes again later",
        (Every(4, 6, faults.slow_at("batch_read", 8, 10)),),
        flags=INSIDE,
    ),
    Scenario(
        "network",
        "the network to Kafka is slow, stalls, breaks",
        (Every(3, 8, faults.one_of(faults.slow, faults.stall, faults.reset, faults.reset)),),
        is_proxied=True,
    ),
    Scenario(
        "disk_full",
        "no byte left for the state, then room again",
        (Every(14, 18, faults.fill_disk, 5),),
        setup=faults.small_disk,
        skip=no_small_disk,
    ),
    Scenario(
        "alerts",
        "two workers with alert rules, SIGKILL to either, state deleted now and then",
        (Every(2, 5, faults.one_of(faults.kill_worker, faults.kill_worker, faults.kill_worker_wiped)),),
        workers=2,
        alert_rules=alarms.RULES,
    ),
    Scenario(
        "backfill",
        "history fetched from an API that answers badly; SIGKILL to fetchers and worker, state deleted now and then",
        (
            Every(2, 5, faults.one_of(faults.kill_fetcher, faults.kill_fetcher_wiped)),
            Every(5, 9, faults.one_of(faults.kill_worker, faults.kill_worker_wiped)),
        ),
        fetchers=2,
    ),
    Scenario(
        "fetcher_clock",
        "fetchers whose clocks are ten minutes fast, beside a door and a worker with the right time; SIGKILL to them",
        (Every(6, 9, faults.kill_fetcher),),
        setup=faults.fast_clock,
        fetchers=2,
        fetcher_flags=INSIDE,
    ),
    Scenario("sink_kill", "a PostgreSQL, SIGKILL to the sink", (Every(2, 5, sink_faults.kill_sink),), sinks=1),
    Scenario(
        "sink_two",
        "two sinks; SIGKILL to either, and a third one joins and leaves",
        (Every(3, 6, faults.one_of(sink_faults.kill_sink, faults.come_or_go("s9"))),),
        sinks=2,
    ),
    Scenario(
        "sink_zombie",
        "two sinks; one sleeps before or in a transaction, for longer than its session, and goes on",
        (Every(12, 14, sink_faults.nap),),
        sinks=2,
        sink_flags=INSIDE,
    ),
    Scenario(
        "sink_postgres",
        "SIGKILL to PostgreSQL; sessions of two sinks ended, in a transaction where one is met",
        (Every(4, 7, faults.one_of(sink_faults.kill_postgres, sink_faults.end_session)),),
        sinks=2,
    ),
    Scenario(
        "sink_disk",
        "no byte left for PostgreSQL, then room again",
        (Every(12, 15, sink_faults.fill_disk, 5),),
        sinks=1,
        database_mib=400,
        skip=no_small_disk,
    ),
    Scenario(
        "sink_rewind",
        "the offsets of the sink's group are set back to 0, or deleted",
        (Every(5, 8, sink_faults.rewind, 5),),
        sinks=1,
    ),
    Scenario("clock", "the worker's clock steps by ten minutes", (Every(3, 6, faults.step_clock),), flags=INSIDE),
]
SCENARIOS = {scenario.name: scenario for scenario in _ALL}


def _nap_at(name: str, place: Place) -> Scenario:
    is_page = place.wants is Wants.PAGES
    return Scenario(
        f"naps:{name}",
        f"one of two stops at one place: {place.when.value} {place.target.partition(':')[2]}",
        (Every(10, 12, faults.nap(name)),),
        workers=1 if is_page else 2,
        rate=40.0,
        flags=INSIDE,
        fetchers=2 if is_page else 0,
        fetcher_flags=INSIDE,
    )


ALONE = {f"naps:{name}": _nap_at(name, place) for name, place in PLACES.items()}  # by name only, not part of all
