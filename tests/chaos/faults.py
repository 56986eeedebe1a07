"""What can be done to whom. Each act blocks for as long as it lasts, and leaves the rest to the keeper."""

import os
import threading
import time
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGSTOP

from tests.chaos import disks, naps
from tests.chaos.scenario import Act
from tests.chaos.stage import SESSION_S, Stage, kind

WORKING_SHARE = 0.8
DAMAGED_SHARE = 0.3  # of the databases of a worker
WIPED_SHARE = 0.5
PROGRESS_S = 12.0
AGAIN_S = 3.0
START_S = 25.0  # for a member that is gone to be missed, and another one to come
REGISTRY_AWAY_S = 6.0
STALE_S = 15.0  # a broker's session with the controller is 4 s, what it may lag behind 6 s
STATE_MIB = 48  # of the small disk: enough for what a scenario keeps, little enough to fill at once


def _in_the_middle(stage: Stage, chance: Random) -> None:
    """Mostly wait until something is committed, and a little longer: a kill hits a worker that works, not one that
    starts. Now and then, not."""
    if chance.random() < WORKING_SHARE:
        stage.await_progress(PROGRESS_S)
    time.sleep(chance.uniform(0, 1))


def kill_worker(stage: Stage, chance: Random) -> None:
    """SIGKILL one worker; its state stays."""
    _in_the_middle(stage, chance)
    stage.kill(stage.pick(chance))


def kill_worker_wiped(stage: Stage, chance: Random) -> None:
    """SIGKILL one worker and delete its state before it comes back."""
    _in_the_middle(stage, chance)
    name = stage.pick(chance)
    with stage.lock:
        stage.kill(name)
        stage.wipe(name)


def kill_worker_damaged(stage: Stage, chance: Random) -> None:
    """SIGKILL one worker; files of its state are cut short or lost before it comes back."""
    _in_the_middle(stage, chance)
    name = stage.pick(chance)
    with stage.lock:
        stage.kill(name)
        for folder in sorted(stage.state(name).rglob("*.db")):
            if chance.random() < DAMAGED_SHARE:
                _damage(folder, chance)


def _damage(folder: Path, chance: Random) -> None:
    """What a crash of a machine or a bad disk does to one database. Only the newest of its logs is cut: RocksDB takes
    one that is lost before another for one that it needs no more."""
    logs, tables = sorted(folder.glob("*.log")), sorted(folder.glob("*.sst"))
    file = chance.choice([*logs[-1:], *tables, *folder.glob("CURRENT"), *folder.glob("MANIFEST-*")])
    if file.name.startswith("MANIFEST"):
        file.unlink()
    else:
        os.truncate(file, int(file.stat().st_size * chance.random()))


def kill_fetcher(stage: Stage, chance: Random) -> None:
    """SIGKILL one fetcher in the middle of its pages; its state stays."""
    _kill_fetcher(stage, chance)


def kill_fetcher_wiped(stage: Stage, chance: Random) -> None:
    """SIGKILL one fetcher and delete its state before it comes back."""
    _kill_fetcher(stage, chance, is_wiped=True)


def _kill_fetcher(stage: Stage, chance: Random, *, is_wiped: bool = False) -> None:
    if stage.jobs and chance.random() < WORKING_SHARE:
        stage.jobs.await_word(PROGRESS_S)
    time.sleep(chance.uniform(0, 1))
    name = chance.choice(stage.fetchers)
    with stage.lock:
        stage.kill(name)
        if is_wiped:
            stage.wipe(name)


def pause_worker(low_s: float, high_s: float) -> Act:
    """SIGSTOP, SIGCONT after `low_s` to `high_s` seconds."""

    def pause(stage: Stage, chance: Random) -> None:
        name = stage.pick(chance)
        stage.send(name, SIGSTOP)
        time.sleep(chance.uniform(low_s, high_s))
        stage.send(name, SIGCONT)

    return pause


def nap(*names: str, low_s: float = 7, high_s: float = 13, then: str = "") -> Act:
    """A process stops itself at one of these places (tests.chaos.naps; none: all of them), SIGCONT later.

    From 6 to 10 s: between session and transaction timeout; somebody else has its partitions, and it can still commit.
    `then`: where it stops once more for some seconds, in which nobody but the others works.
    """

    def act(stage: Stage, chance: Random) -> None:
        name = chance.choice(names or tuple(naps.PLACES))
        if _caught(stage, chance, name):
            time.sleep(chance.uniform(low_s, high_s))
            if then:
                _wake_until(stage, then)
            _wake(stage)

    act.__doc__ = f"SIGSTOP at {' or '.join(names) if names else 'any of the places of naps'}, SIGCONT later."
    return act


def _wake_until(stage: Stage, name: str) -> None:
    trap = naps.Trap(stage.folder)
    trap.set(name)
    _wake(stage)
    if trap.await_taken(PROGRESS_S):
        time.sleep(AGAIN_S)


def _wake(stage: Stage) -> None:
    for service in (*stage.workers, *stage.fetchers):
        stage.send(service, SIGCONT)


def slow_at(name: str, low_s: float, high_s: float) -> Act:
    """One call at this place takes so long, as on a slow disk; meanwhile one more worker comes. It goes again later."""

    def act(stage: Stage, chance: Random) -> None:
        seconds = chance.uniform(low_s, high_s)
        if _caught(stage, chance, name, seconds, wiped_share=1):
            stage.start("w9")
            time.sleep(seconds + 1)
            stage.stop("w9")

    act.__doc__ = f"{low_s:g} to {high_s:g} s for one call at {name}, and the group changes meanwhile."
    return act


def _caught(stage: Stage, chance: Random, name: str, seconds: float = 0.0, *, wiped_share: float = WIPED_SHARE) -> str:
    """Set the trap, bring somebody there, and wait; answers who came, "" for nobody, and notes it. A fetcher that naps
    asks the API again, as one that was killed."""
    trap, wants = naps.Trap(stage.folder), naps.PLACES[name].wants
    if wants is naps.Wants.JOIN and "w9" in stage.wanted:
        stage.stop("w9")
        time.sleep(SESSION_S + 1)  # only then has the group noticed
    trap.set(name, seconds)
    if wants is naps.Wants.JOIN:
        stage.start("w9")
    elif wants is naps.Wants.START:
        _restart(stage, chance, wiped_share)
    who = trap.await_taken(PROGRESS_S if wants is naps.Wants.WORK else START_S)
    stage.naps[name, bool(who)] += 1
    stage.killed[kind(who)] += bool(who)
    return who


def _restart(stage: Stage, chance: Random, wiped_share: float) -> None:
    """SIGKILL one worker, or fetcher, its state deleted in a share of cases: so there is something to restore."""
    name = chance.choice([*stage.workers, *stage.fetchers])
    with stage.lock:
        stage.kill(name)
        if chance.random() < wiped_share:
            stage.wipe(name)


def restart_each(stage: Stage, chance: Random) -> None:
    """SIGTERM one worker after the other, each back before the next."""
    for name in stage.workers:
        stage.stop(name)
        stage.start(name)
        time.sleep(4)


def come_or_go(name: str) -> Act:
    """One more process of that name joins, or leaves again in order."""

    def act(stage: Stage, chance: Random) -> None:
        if name in stage.wanted:
            stage.stop(name)
        else:
            stage.start(name)

    return act


def kill_gateway(stage: Stage, chance: Random) -> None:
    """SIGKILL the gateway, whatever it is about to answer."""
    stage.kill("gateway")


def bounce_broker(stage: Stage, chance: Random) -> None:
    """SIGKILL one broker, start it again on its data, return when it answers."""
    node = chance.choice(sorted(stage.cluster.kafka.children))
    stage.cluster.kafka.kill(node)
    time.sleep(chance.uniform(0.5, 3))
    stage.cluster.kafka.restart(node)


def stale_broker(stage: Stage, chance: Random) -> None:
    """SIGSTOP one broker for 15 s, then SIGCONT, and SIGKILL one worker in the same second.

    Others have taken over what it leads: whoever starts may ask a leader or coordinator that does not know it yet.
    """
    broker = chance.choice(list(stage.cluster.kafka.children.values()))
    os.kill(broker.pid, SIGSTOP)
    try:
        time.sleep(STALE_S)
    finally:
        os.kill(broker.pid, SIGCONT)
    time.sleep(chance.uniform(0, 0.5))
    stage.kill(stage.pick(chance))


def registry_away(stage: Stage, chance: Random) -> None:
    """The registry is killed, a worker too, which then has to wait for it; after a while it is back."""
    assert stage.cluster.registry
    stage.cluster.registry.kill()
    stage.kill(stage.pick(chance))
    time.sleep(REGISTRY_AWAY_S)
    stage.cluster.registry.start()


def start_without_registry(stage: Stage, chance: Random) -> None:
    """The registry is down when services start, and comes a few seconds later."""
    registry = stage.cluster.registry
    assert registry
    registry.kill()
    coming = threading.Timer(REGISTRY_AWAY_S, registry.start)
    coming.start()
    stage.undo.callback(coming.join)


def bug(stage: Stage, chance: Random) -> None:
    """The next record's fold raises what no fold should, once (tests.chaos.worker sees the file)."""
    (stage.folder / "bug").touch()


def step_clock(stage: Stage, chance: Random) -> None:
    """The worker's wall clock jumps ten minutes ahead, back, or to the right time."""
    (stage.folder / "clock").write_text(str(chance.choice([-600, 600, 0])))


def fast_clock(stage: Stage, chance: Random) -> None:
    """The wall clock of whoever looks at the file is ten minutes fast, from its start on."""
    (stage.folder / "clock").write_text("600")


def slow(stage: Stage, chance: Random) -> None:
    """Every chunk to and from Kafka takes 20 to 150 ms longer, for five seconds."""
    assert stage.proxy
    stage.proxy.delay_s = chance.uniform(0.02, 0.15)
    time.sleep(5)
    stage.proxy.delay_s = 0.0


def stall(stage: Stage, chance: Random) -> None:
    """Nothing passes to or from Kafka for two to nine seconds: longer than the session, sometimes."""
    assert stage.proxy
    stage.proxy.stall()
    time.sleep(chance.uniform(2, 9))
    stage.proxy.flow()


def reset(stage: Stage, chance: Random) -> None:
    """Every connection to Kafka breaks."""
    assert stage.proxy
    stage.proxy.reset()


def one_of(*acts: Act) -> Act:
    """Any of them."""

    def act(stage: Stage, chance: Random) -> None:
        chance.choice(acts)(stage, chance)

    act.__doc__ = " or ".join(one.__name__ for one in acts)
    return act


def small_disk(stage: Stage, chance: Random) -> None:
    """The first worker's state lies on a tmpfs of its own."""
    place = stage.state("w0")
    place.mkdir(parents=True)
    disks.mount(place, STATE_MIB)
    stage.undo.callback(disks.unmount, place)


def fill_disk(stage: Stage, chance: Random) -> None:
    """Not a byte is left for the first worker's state; six seconds later there is room again."""
    ballast = stage.state("w0") / "ballast"
    disks.fill(ballast)
    time.sleep(6)
    ballast.unlink()
