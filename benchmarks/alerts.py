"""Cost of alert rules: CPU microseconds an event, in the worker's own folds, without Kafka.

    python -m benchmarks alerts [--users N] [--days N] [--json]

Simulated events go through the agents three times: without rules, with 50 rules that nobody meets, and with 50 rules of
which a tenth is met often. Each event arrives when it was made, so that its data are fresh. Tables are dicts.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from benchmarks import _rules
from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.alerts.rules.parser import rules_of
from streams.alerts.rules.rule_set import NO_RULES, RuleSet
from streams.engine.faust.records import SourceRecord
from streams.events import topics
from streams.events.headers import Delivery, cloud_headers
from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.events.record_keys import raw_key
from streams.events.times import EPOCH, MICRO
from streams.kafka.codec import Codec
from streams.simulator.world.world import World
from streams.tables.draft import Draft
from streams.tables.overlay import Rows

PREFIX = "junction"
END_MS = 1_780_272_000_000


@dataclass(frozen=True)
class Result:
    """`us_an_event`: of the fold, rules included; `more_us`: than without rules."""

    name: str
    events: int
    alerts: int
    us_an_event: float
    more_us: float
    rows: int
    bytes_a_row: float


def rules(*, often: bool) -> RuleSet:
    """Fifty. `often`: bounds that values cross all the time."""
    return RuleSet.of(rules_of(_rules.specs(_rules.COUNT, often=often, max_age="1d")))


def stored(world: World) -> Iterator[SourceRecord]:
    """Events as the gateway would have stored them, a moment after they were made."""
    for offset, event in enumerate(world.events()):
        identity = identify(event.body)
        created_ms = ksuid_time_ms(event.message_id) or event.created_at_ms
        text = (EPOCH + created_ms * 1000 * MICRO).isoformat(timespec="milliseconds")
        headers = cloud_headers(identity, Delivery(event.message_id, "webhook", "junction", text, text))
        name = f"{PREFIX}.{topics.raw_topic(identity.type)}"
        yield SourceRecord(name, 0, offset, created_ms, raw_key(identity), event.body, headers)


def run(name: str, records: list[SourceRecord], with_rules: RuleSet, base_us: float | None) -> Result:
    """All records through the folds, timers in between."""
    codec = Codec(dict.fromkeys(topics.avro_topics(), 1))
    alerts = Alerts(codec, PREFIX, with_rules)
    folds = assembly.folds(codec, PREFIX, alerts)
    tables: dict[str, dict[bytes, bytes]] = {table: {} for table in topics.TABLES}
    told = looked_ms = 0

    def scan(table: str, start: bytes, stop: bytes) -> Rows:
        return iter(sorted((key, value) for key, value in tables[table].items() if start <= key < stop))

    began_s = time.process_time()
    for record in records:
        draft = Draft(lambda table, key: tables[table].get(key), 0, record.timestamp, scan)
        draft.run(folds[record.topic.removeprefix(f"{PREFIX}.")], record)
        if record.timestamp > looked_ms + 3_600_000:  # the scan of a dict costs what a database's does not
            looked_ms = draft.complete_ms = record.timestamp
            alerts.punctuate(draft)
        for table, written in draft.tables.items():
            for key, value in written.items():
                if value is None:
                    tables[table].pop(key, None)
                else:
                    tables[table][key] = value
        told += draft.counts["alert_records", "rule-0", "opened"]
    us = (time.process_time() - began_s) / len(records) * 1e6
    rows = tables["alerts"]
    size = sum(map(len, rows.values())) / len(rows) if rows else 0.0
    return Result(name, len(records), told, round(us, 1), round(us - (base_us or us), 1), len(rows), round(size))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=24)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    records = list(stored(World(1, options.users, options.days, END_MS)))
    run("warm-up", records[:2000], NO_RULES, None)
    bare = run("no rules", records, NO_RULES, None)
    results = [bare]
    results.append(run("50 rules, never met", records, rules(often=False), bare.us_an_event))
    results.append(run("50 rules, some met often", records, rules(often=True), bare.us_an_event))
    if options.json:
        print(json.dumps([asdict(result) for result in results]))
        return 0
    for result in results:
        print(
            f"{result.name:<26} {result.us_an_event:>7.1f} µs an event  {result.more_us:>+7.1f}  "
            f"{result.rows:>6} rows of {result.bytes_a_row:.0f} bytes"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
