"""What is wrong with a result, in sentences. None means that the gateway stood."""

import json
from collections import Counter
from collections.abc import Iterator
from statistics import median

from tests.attack.attacks import ATTACKS, Place
from tests.attack.forms import Right
from tests.attack.run import Result

TIMES_MAX = 3.0  # of the quiet p99
RSS_MIB_MAX = 384.0  # the container of docker-compose.yml has 512
FILES_LEFT_MAX = 24
STRANGE_ANSWERS = {"closed", "held open", "no connection"}


def quiet_ms(results: list[Result]) -> float:
    """The p99 to compare with: the median of all quiet spans of a run."""
    return median(result.quiet.percentile_ms(0.99) for result in results)


def problems(result: Result, quiet_p99_ms: float | None) -> list[str]:
    """All of them. `quiet_p99_ms`: None where times are not judged."""
    return [*_good(result, quiet_p99_ms), *_strangers(result), *_process(result)]


def _good(result: Result, quiet_p99_ms: float | None) -> Iterator[str]:
    for phase, when in ((result.during, "during it"), (result.after, "after it")):
        refused = {status: n for status, n in phase.statuses.items() if status != "204"}
        if refused:
            yield f"{sum(refused.values())} of {phase.sent} good deliveries refused {when}: {listed(refused)}"
    if result.lost:
        yield f"{result.lost} good deliveries lost"
    times = result.during.percentile_ms(0.99) / quiet_p99_ms if quiet_p99_ms else 0.0
    if times > TIMES_MAX:
        yield f"p99 is {times:.1f} times the quiet one"


def _strangers(result: Result) -> Iterator[str]:
    seen = result.seen if result.place is Place.NGINX else None
    yield from (f"form {one.form}: {said}" for one in result.forms if (said := one.problem(seen)))
    legal = {*result.seen} | {one.inner for one in result.forms if one.right is Right.TWO}
    if strange := [id for id in result.strange if id not in legal]:
        yield f"stored, and nobody good has sent it: {', '.join(strange[:5])}"
    if result.name in ATTACKS:
        allowed = ATTACKS[result.name].statuses | STRANGE_ANSWERS
        answers = result.stranger.get("answers", {})
        if odd := {status: n for status, n in answers.items() if status not in allowed}:
            yield f"answered to strangers: {listed(odd)}"


def _process(result: Result) -> Iterator[str]:
    if not result.has_stopped_well:
        yield "the gateway had ended, or did not stop"
    if result.peak.rss_mib > RSS_MIB_MAX:
        yield f"RSS {result.peak.rss_mib:.0f} MiB"
    if result.rest.files > result.before.files + FILES_LEFT_MAX:
        yield f"{result.rest.files - result.before.files} files still open"


def listed(counts: dict[str, int] | Counter[str]) -> str:
    """`401 x 20, closed x 3`."""
    return ", ".join(f"{what} x {n:,}" for what, n in sorted(counts.items(), key=lambda one: -one[1]))


def warnings_of(log: list[str]) -> dict[str, int]:
    """What the gateway has said, by event and reason; lines that are no JSON as they are."""
    said = Counter[str]()
    for line in log:
        try:
            entry = json.loads(line)
        except ValueError:
            said[line[:80]] += 1
            continue
        if entry.get("level") != "info":
            said[" ".join(str(entry[key]) for key in ("event", "reason", "why", "network") if key in entry)] += 1
    return dict(said)
