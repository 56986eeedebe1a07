"""The verifier: what Kafka holds against the simulator's truth, and against a model that saw each raw record once.

| question | asked of |
|---|---|
| did the door keep what it accepted, byte for byte? | raw topics against the world's events |
| do the clean topics say what is true? | the simulator's own oracle |
| is each clean record there once, with its content, in order? | the model's records, key by key |
| are the tables what the log says? | compacted changelogs against the model's tables |
| is no local state ahead of the log, or beside it? | each database against its changelog up to the offset it claims |
| are alerts, if there are rules, those that follow from the log, each step once? | the model, with the same rules |
| is the history there, each page once, each job over? | the words of the fetchers, and their pages (`history`) |
| has each raw record one row of lineage, which says what became of it? | the model's rows (`lineage`) |
| is each hopeless record a dead letter, once? | the dead-letter topic against what the model's folds rejected |

Left out of the comparison with the model: `processed_at`, and what depends on how raw topics interleave, which nobody
promises: the `connection` joined into data records (and whether they are older than it, which is their `origin`), the
user's zone joined into those with floating times, and the records of `connections` and `backfills` before the last of
each key.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Message

from streams.engine.positions import ledger
from streams.events import topics
from streams.events.headers import H_FROM_OFFSET, H_FROM_PARTITION, H_FROM_TOPIC, H_ID, H_REASON, header
from streams.events.record_bounds import Bounds
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event
from streams.tables.sources import Policy
from tests.chaos import alarms, history, lineage, reading
from tests.chaos.model import Model
from tests.chaos.reading import Found
from tests.folding import BOUNDS

EXAMPLES_MAX = 12
TIMED = (b"u|", b"t|")  # rows of alerts: what is remembered of a user, and timers
# Of topics whose records depend on how others interleave: what the last record of each key must say.
VISIBLE = {
    topics.CONNECTIONS: (
        *("status", "since", "connected_at", "error_at", "error_type", "resources_available", "resources_unavailable"),
    ),
    topics.BACKFILLS: (
        *("status", "reason", "backfill_id", "why", "notices", "notified_at", "range_start", "range_end", "share"),
        *("fetch_start", "fetch_end", "pages", "rows", "rows_new", "rows_changed", "rows_same", "rows_other"),
        *("first_data_at", "last_data_at", "next_try_at"),
    ),
}
_NEVER: Any = object()


@dataclass
class Findings:
    """Counts over all questions; `examples` name places and keys, never values. `checked`: what was compared."""

    lost: int = 0
    repeated: int = 0
    wrong: int = 0
    disordered: int = 0
    checked: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    def note(self, problem: str, where: str, what: object = "", n: int = 1) -> None:
        setattr(self, problem, getattr(self, problem) + n)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(f"{problem}: {where} {what}".strip())

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.repeated or self.wrong or self.disordered)


def verify(
    found: Found, events: Iterable[Event], prefix: str, state: Path, rules: str = "", *, past: Iterable[Event] = (),
    policy: Policy | None = None, bounds: Bounds = BOUNDS,
) -> Findings:  # fmt: skip
    """Ask everything. `state`: the folder of all workers' state directories. `rules`: of alerts, TOML. `past`: what is
    to be fetched. `policy` and `bounds`: the workers' own."""
    findings, truth = Findings(), Truth.of(past)
    sent: dict[str, bytes] = {}
    for event in events:
        truth.add(event)
        sent[event.message_id] = event.body
    check_door(findings, found, sent)
    check_truth(findings, found, truth, prefix)
    model = Model(prefix, rules, policy or Policy(), bounds).run([*found.raw, *found.progress])
    check_clean(findings, found, model, prefix)
    for topic in VISIBLE:
        check_last(findings, found, model, prefix, topic)
    check_offsets(findings, found)
    check_tables(findings, found, model)
    check_databases(findings, found, state)
    check_dead(findings, found, model)
    check_alerts(findings, found, model, prefix)
    lineage.check(findings, found, model)
    history.check(findings, found, prefix)
    return findings


def check_door(findings: Findings, found: Found, sent: Mapping[str, bytes]) -> None:
    """Every event is in a raw topic at least once, as it was sent."""
    left = dict(sent)
    for record in found.raw:
        id = header(record.headers, H_ID)
        left.pop(id, None)
        if id in sent and record.value != sent[id]:
            findings.note("wrong", "raw bytes", f"{record.topic}[{record.partition}] {record.offset}")
    findings.checked["events"] = len(sent)
    for id in left:
        findings.note("lost", "at the door", id)


def check_truth(findings: Findings, found: Found, truth: Truth, prefix: str) -> None:
    """The oracle's own comparison; what nobody sent is wrong too."""
    clean = [(m.topic().removeprefix(f"{prefix}."), m.key() or b"", record) for m, record in found.clean]
    report = truth.compare(clean)
    findings.checked["facts"] = report.checked
    for problem in ("lost", "repeated", "wrong"):
        if n := getattr(report, problem):
            findings.note(
                problem, "by the truth", f"{n}: {[one for one in report.examples if one.startswith(problem)][:2]}", n
            )
    if report.unexpected:
        findings.note("wrong", "by the truth", f"{report.unexpected} that nobody sent", report.unexpected)


def identity(record: Mapping[str, Any]) -> Hashable:
    """The raw record that a clean one was made of: its place, or for state records the delivery."""
    delivery = record.get("delivery")
    if "raw_offset" in record:  # of drift
        return record["raw_topic"], record["raw_partition"], record["raw_offset"]
    if delivery is None:
        return str(record["delivery_id"])
    return delivery["raw_topic"], delivery["raw_partition"], delivery["raw_offset"], record.get("part")


def content(record: Mapping[str, Any]) -> str:
    """What has to be equal in both worlds."""
    left_out = {"connection", "processed_at", "delivery"}
    if record.get("is_floating_time"):
        left_out |= {"local_offset_s", "time_zone"}
    said = {name: value for name, value in record.items() if name not in left_out}
    delivery = {n: value for n, value in (record.get("delivery") or {}).items() if n not in ("processed_at", "origin")}
    return repr((sorted(said.items()), sorted(delivery.items())))


Row = tuple[Hashable, str]


def check_clean(findings: Findings, found: Found, model: Model, prefix: str) -> None:
    """Of each key the same records in the same order as in the model."""
    wanted: dict[tuple[str, bytes], list[Row]] = defaultdict(list)
    there: dict[tuple[str, bytes], list[Row]] = defaultdict(list)
    for topic, key, record in model.clean:
        if topic not in VISIBLE and topic != topics.ALERTS:
            wanted[topic, key].append((identity(record), content(record)))
    for message, record in found.clean:
        topic = message.topic().removeprefix(f"{prefix}.")
        if topic not in VISIBLE and topic != topics.ALERTS and record is not None:
            there[topic, message.key() or b""].append((identity(record), content(record)))
    for key in wanted.keys() | there.keys():
        _compare(findings, f"{key[0]} {key[1].decode()}", wanted[key], there[key])
    findings.checked["clean records"] = sum(map(len, there.values()))


def _compare(findings: Findings, where: str, wanted: list[Row], there: list[Row]) -> None:
    if wanted == there:
        return
    missing, extra = Counter(wanted) - Counter(there), Counter(there) - Counter(wanted)
    if not missing and not extra:
        findings.note("disordered", where)
    known, present = Counter(id for id, _ in wanted), Counter(id for id, _ in there)
    for id, _ in extra.elements():
        findings.note("repeated" if present[id] > known[id] > 0 else "wrong", where, id)
    for id, _ in missing.elements():
        if not present[id]:
            findings.note("lost", where, id)


def check_last(findings: Findings, found: Found, model: Model, prefix: str, name: str) -> None:
    """The last record of each key of a topic is the model's; none is repeated right after itself."""
    wanted = {key: _visible(name, record) for topic, key, record in model.clean if topic == name}
    last: dict[bytes, Any] = {}
    for message, record in found.clean:
        if message.topic() == f"{prefix}.{name}" and record is not None:
            if last.get(message.key(), _NEVER) == _visible(name, record):
                findings.note("repeated", name, message.offset())
            last[message.key()] = _visible(name, record)
    for key in wanted.keys() | last.keys():
        if wanted.get(key) != last.get(key):
            findings.note("lost" if key not in last else "wrong", name, key.decode())
    findings.checked[name] = len(last)


def _visible(topic: str, record: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(record[name] for name in VISIBLE[topic])


def check_offsets(findings: Findings, found: Found) -> None:
    """In one partition of a clean topic, records made from one raw partition never go back in it.

    One that is said again for its flag alone has the provenance of its content, which is older than its reason.
    """
    furthest: dict[Hashable, int] = {}
    for message, record in found.clean:
        if (delivery := (record or {}).get("delivery")) and record["changed_fields"] != ["preferred"]:
            lane = (message.topic(), message.partition(), delivery["raw_topic"], delivery["raw_partition"])
            if delivery["raw_offset"] < furthest.get(lane, -1):
                findings.note("disordered", f"{message.topic()}[{message.partition()}]", message.offset())
            furthest[lane] = max(furthest.get(lane, -1), delivery["raw_offset"])


def compacted(messages: Iterable[Message], up_to: int | None = None) -> dict[tuple[int, bytes], bytes]:
    """(partition, key) → the last value, tombstones left out; of offsets up to a bound."""
    rows: dict[tuple[int, bytes], bytes] = {}
    for message in messages:
        if up_to is not None and message.offset() > up_to:
            continue
        rows.pop((message.partition(), message.key()), None)
        if message.value() is not None:
            rows[message.partition(), message.key()] = message.value()
    return rows


def check_tables(findings: Findings, found: Found, model: Model) -> None:
    """Each compacted changelog is the model's table."""
    for table, messages in found.changes.items():
        there = {place: value for place, value in compacted(messages).items() if place[1] != ledger.KEY}
        wanted = {
            (partition, key): value
            for (name, partition), rows in model.tables.items()
            if name == table
            for key, value in rows.items()
        }
        if table in topics.FETCH_TABLES:  # which depends on when pages came
            continue
        if table == topics.ALERTS:  # where rules and timers stand depends on when they were looked at
            wanted, there = ({k: v for k, v in one.items() if k[1][:2] not in TIMED} for one in (wanted, there))
        _same_rows(findings, f"table {table}", wanted, there)
        findings.checked["rows"] = findings.checked.get("rows", 0) + len(there)


def check_databases(findings: Findings, found: Found, state: Path) -> None:
    """A worker's database holds its changelog up to the offset that it claims: not ahead, not behind, nothing else."""
    by_partition: dict[tuple[str, int], list[Message]] = defaultdict(list)
    for table, messages in found.changes.items():
        for message in messages:
            by_partition[table, message.partition()].append(message)
    for table, partition, path in reading.databases(state):
        offset, rows = reading.contents(path)
        wanted = {
            key: value
            for (_, key), value in compacted(by_partition[table, partition], -1 if offset is None else offset).items()
        }
        _same_rows(findings, f"state of {path.relative_to(state).parts[0]}, {path.stem}", wanted, rows)
        findings.checked["databases"] = findings.checked.get("databases", 0) + 1


def _same_rows(findings: Findings, where: str, wanted: Mapping[Any, bytes], there: Mapping[Any, bytes]) -> None:
    for key in wanted.keys() | there.keys():
        if key not in there:
            findings.note("lost", where, key)
        elif wanted.get(key) != there[key]:
            findings.note("wrong", where, key)


def check_dead(findings: Findings, found: Found, model: Model) -> None:
    """Each record that the folds reject is a dead letter once, whole, with the reason; the door's own come from no raw
    topic."""
    names = (H_FROM_TOPIC, H_FROM_PARTITION, H_FROM_OFFSET)
    letters: Counter[tuple[str, int, int]] = Counter()
    raw = {(record.topic, record.partition, record.offset): record.value for record in found.raw}
    for message in found.dead:
        topic, partition, offset = (header(message.headers() or [], name) for name in names)
        if topic:
            place = topic, int(partition), int(offset)
            letters[place] += 1
            reason = header(message.headers() or [], H_REASON)
            if place in model.dead and (reason, message.value()) != (model.dead[place], raw.get(place)):
                findings.note("wrong", "dead letter", place)
    for place in model.dead.keys() | letters.keys():
        n, wanted = letters[place], int(place in model.dead)
        if n < wanted:
            findings.note("lost", "dead letter", place)
        elif n > wanted:
            findings.note("repeated" if wanted else "wrong", "dead letter", place)
    findings.checked["dead letters"] = len(found.dead)


def check_alerts(findings: Findings, found: Found, model: Model, prefix: str) -> None:
    """Each step of each alert once, as in the model; and the same alerts stand in the end (`alarms`)."""
    name = f"{prefix}.{topics.ALERTS}"
    there = [(m.key().decode(), record) for m, record in found.clean if m.topic() == name and record is not None]
    wanted = [(key.decode(), record) for topic, key, record in model.clean if topic == topics.ALERTS]
    for id in alarms.broken_lives(there):
        findings.note("wrong", "life of an alert", id)
    said, ought = alarms.said(there), alarms.said(wanted)
    for key in said.keys() | ought.keys():
        if said.get(key) != ought.get(key):
            findings.note("lost" if key not in said else "wrong", topics.ALERTS, key)
    stands, must = alarms.standing(there), alarms.standing(wanted)
    for missing in must - stands:
        findings.note("lost", "standing alert", missing[:4])
    for extra in stands - must:
        findings.note("wrong", "standing alert", extra[:4])
    findings.checked["alerts"] = len(there)
