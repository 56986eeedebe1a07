"""Topics and schemas: there, missing, different."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streams.ops.lines import Line, look_at, ok, some, wrong

TOPICS, SCHEMAS = "topics", "schemas"
_APPLY = "run `junction-streams topics apply` (`topics plan` says what it would do)"


class Differences(NamedTuple):
    """Full names of topics. `impossible`: a sentence for each that cannot be mended; `vital`: those whose settings lose
    records or state; `drift`: those whose other settings differ."""

    missing: Sequence[str] = ()
    impossible: Sequence[str] = ()
    vital: Sequence[str] = ()
    drift: Sequence[str] = ()


def topics(total: int, found: Differences) -> list[Line]:
    """Of the plan of `topics`, of so many topics."""
    if not any(found):
        return [ok(TOPICS, f"all {total} are as they have to be")]
    lines = []
    if found.impossible:
        change = "set STREAMS_PARTITIONS to what is there, or start anew under another STREAMS_TOPIC_PREFIX"
        lines.append(wrong(TOPICS, f"cannot be mended: {some(found.impossible)}", change))
    if found.missing:
        lines.append(wrong(TOPICS, f"{len(found.missing)} of {total} are missing: {some(found.missing)}", _APPLY))
    if found.vital:
        lines.append(wrong(TOPICS, f"settings of {some(found.vital)} lose records or state", _APPLY))
    if found.drift:
        lines.append(look_at(TOPICS, f"settings of {len(found.drift)} differ: {some(found.drift)}", _APPLY))
    return lines


def not_settable(means: Mapping[str, str], problem: str) -> list[Line]:
    """Settings of ours that this Kafka does not take, and what that comes to.

    `problem`: why a plan cannot be applied.
    """
    lines = [look_at(TOPICS, f"this Kafka does not take our {name}", f"so {what}") for name, what in means.items()]
    return [*lines, wrong(TOPICS, problem, "then run `junction-streams topics apply`")] if problem else lines


def registry(where: str, level: str, mode: str) -> list[Line]:
    """Of a registry that answers. `mode`: READWRITE, READONLY, ...; "" where it has none."""
    said = f"{where} answers; compatibility {level or 'unknown'}{f', mode {mode}' if mode else ''}"
    if mode and mode not in ("READWRITE", "READWRITE_OVERRIDE"):
        change = "schemas can be read, not registered: set its mode to READWRITE for `schemas register`"
        return [look_at("registry", said, change)]
    return [ok("registry", said)]


def schemas(statuses: Mapping[str, str]) -> list[Line]:
    """Subject → same, new, compatible or incompatible, as `schemas check` says it."""
    refused = [name for name, status in statuses.items() if status == "incompatible"]
    absent = [name for name, status in statuses.items() if status in ("new", "compatible")]
    lines = []
    if refused:
        found = f"{len(refused)} may not follow what is there: {some(refused)}"
        lines.append(wrong(SCHEMAS, found, "`junction-streams schemas check` says why"))
    if absent:
        found = f"{len(absent)} of {len(statuses)} are not registered: {some(absent)}"
        lines.append(wrong(SCHEMAS, found, "run `junction-streams schemas register`"))
    return lines or [ok(SCHEMAS, f"all {len(statuses)} are registered")]
