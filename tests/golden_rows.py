"""Golden state rows: for each kind and each format that is read, literal bytes and what they mean.

Never change a row here: its bytes are on the disks and in the changelogs of others. A new format is a further row.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from streams.agents.steps import deliveries, zones
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.outlet import Outlet
from streams.alerts.episodes import baseline, crowded_minutes, silence
from streams.alerts.episodes.crowded_minutes import Sample
from streams.alerts.episodes.episode import Episode
from streams.alerts.episodes.marks import Mark
from streams.alerts.episodes.occurrences import Occurrence
from streams.alerts.episodes.provenance import Provenance
from streams.alerts.episodes.state_machine import EpisodeState
from streams.alerts.episodes.window import Window
from streams.alerts.lives import timers, user
from streams.alerts.lives.alert import Alert
from streams.alerts.lives.timers import Timer
from streams.alerts.lives.user import ClockVersion, PersonalBounds, RuleState, User
from streams.engine.positions import ledger
from streams.engine.positions.ledger import Entry
from streams.events.types import Family, parse_type
from streams.payloads import Summary, decode
from streams.payloads.envelope import Event
from streams.payloads.source import Source
from streams.tables import connections, coverage, drift_counts, hour_blocks, rows, sources, summaries, verdicts
from streams.tables.draft import Draft
from streams.tables.history import backfills
from streams.tables.history import job as jobs
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.request import Request
from streams.tables.overlay import Rows
from streams.tables.provenance import provenance_of
from streams.tables.rows import RowKind
from streams.tables.sources import Maker, Policy, Rivals
from streams.tables.summaries import RepeatFields, StoredSummary
from streams.tables.verdicts import StoredVersion, Version
from tests.folding import CODEC, PREFIX, raw

OURA, APPLE = Maker("oura", "ring"), Maker("apple_health_kit", "watch")


class Golden(NamedTuple):
    """`means`: what `read` makes of the row. `write`: the row of that; None for a format that is only read."""

    kind: RowKind
    row: str
    means: Any
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes | None] | None

    @property
    def stored(self) -> bytes:
        return bytes.fromhex(self.row)


def _draft(table: str, key: bytes, stored: bytes) -> Draft:
    def scan(at: str, start: bytes, stop: bytes) -> Rows:
        return iter([(key, stored)] if at == table and start <= key < stop else [])

    return Draft(lambda at, wanted: stored if (at, wanted) == (table, key) else None, scan=scan)


def _written(draft: Draft, table: str) -> bytes | None:
    return next(iter(draft.tables[table].values()))


TIMER = Timer(1_780_500_000_000, "u-1", "glucose-low")


def _timer(stored: bytes) -> Timer:
    return next(timers.every(_draft(timers.TABLE, timers.key(TIMER), stored)))


def _arm(timer: Timer) -> bytes | None:
    draft = Draft(lambda table, key: None)
    timers.arm(draft, timer)
    return _written(draft, timers.TABLE)


def _incoming(draft: Draft) -> Incoming:
    event = Event(parse_type("daily.data.sleep.created"), "u-1", "", "")
    delivery = provenance_of(raw(b"{}", at_ms=1_780_500_000_000, topic="junction.raw.summaries"))
    return Incoming(draft, Outlet(CODEC, PREFIX), Policy(), event, delivery)


def _zone(stored: bytes) -> str:
    return zones.known(_incoming(_draft(zones.TABLE, b"u-1||zone", stored)))


def _learn(name: str) -> bytes | None:
    draft = Draft(lambda table, key: None)
    zones.learn(_incoming(draft), name)
    return _written(draft, zones.TABLE)


SLEEP = RepeatFields(
    "20607",
    Source("oura", "ring"),
    "client",
    "team",
    "daily.data.sleep.created",
    "msg_1",
    "webhook",
    "incremental",
    "",
    1_780_500_000_000,
    1_780_500_000_500,
    {"id": "s1", "total_s": 28_800.0},
    None,
    [],
)
NIGHT = b"""{"event_type": "daily.data.sleep.updated", "user_id": "u-1", "client_user_id": "client", "team_id":
"b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310", "data": {"id": "s1", "calendar_date": "2026-06-03",
"date": "2026-06-03T00:00:00Z", "total": 28800, "hr_average": 61.5, "state": "confirmed", "new": [1],
"source": {"provider": "oura", "type": "ring"},
"created_at": "2026-06-03T15:00:00Z", "updated_at": "2026-06-03T15:20:00Z"}}"""


def _summary(stored: bytes) -> StoredSummary:
    return summaries.read(stored, "sleep", "s1")


def _night(_: StoredSummary) -> bytes:
    decoded = decode(NIGHT, Family.SUMMARY)
    assert isinstance(decoded, Summary)
    delivery = provenance_of(raw(NIGHT, at_ms=1_780_500_001_000, offset=41))
    version = Version(1_780_500_000_000_000, 1_780_500_001_000, -7)
    return summaries.SummaryForm(decoded, "20607", delivery).row(version, b"")


def _window(stored: bytes) -> Window:
    return Window.decode(stored)


GOLDEN: tuple[Golden, ...] = (
    Golden(
        rows.CONNECTION,
        (
            "019593cf0000019e8e11ed0091a5736c65657091a8776f726b6f75747392cf0000019e881c0c00b4746f6b656e5f7265"
            "66726573685f6661696c6564cf0000019e82262b00cf0000019e8e1102a0cf0000019e7c304a00"
        ),
        connections.Connection(
            connections.Created(1_780_500_000_000, ("sleep",), ("workouts",)),
            connections.Failed(1_780_400_000_000, "token_refresh_failed"),
            1_780_300_000_000,
            1_780_499_940_000,
            1_780_200_000_000,
        ),
        connections.decode,
        connections.encode,
    ),
    Golden(
        rows.COVERAGE,
        "0195ce01c4cdf8ce01c4d050ce01c4d05acd507fc4010b",
        coverage.Coverage(29_675_000, 29_675_600, 29_675_610, 20_607, b"\x0b"),
        coverage.decode,
        coverage.encode,
    ),
    Golden(
        rows.BACKFILL,
        (
            "029596cf0000019e8e11ed00a56d73675f31cf000649ce3d40a000cf000652e68bb34000c3c29192cf0000019e8e11ed"
            "00a56d73675f319d03a462665f31a86665746368696e67a66e6f746963650102cb3fe00000000000000478a0cf000001"
            "9e8e11f0e805069197a462665f31640203010708a0"
        ),
        backfills.Backfill(
            backfills.HistoryNotice(1_780_500_000_000, "msg_1", 1_770_000_000_000_000, 1_780_000_000_000_000, True),
            ((1_780_500_000_000, "msg_1"),),
            backfills.Fetch(3, "bf_1", JobStatus.FETCHING, "notice", 1, 2, 0.5, 4, 120, "", 1_780_500_001_000, 5, 6),
            (backfills.ProcessedRows("bf_1", 100, 2, 3, 1, 7, 8),),
        ),
        backfills.decode,
        backfills.encode,
    ),
    Golden(
        rows.BACKFILL,
        (
            "019596cf0000019e8e11ed00a56d73675f310000c2c29192cf0000019e8e11ed00a56d73675f319d03a462665f31a863"
            "6f6d706c657465a00000cb0000000000000000006aa000000098a462665f31cf0000019e8e11ed00640203010708a0"
        ),  # one count, of the backfill that came last
        backfills.Backfill(
            backfills.HistoryNotice(1_780_500_000_000, "msg_1"),
            ((1_780_500_000_000, "msg_1"),),
            backfills.Fetch(3, "bf_1", JobStatus.COMPLETE, rows=106),
            (backfills.ProcessedRows("bf_1", 100, 2, 3, 1, 7, 8),),
        ),
        backfills.decode,
        None,
    ),
    Golden(
        rows.SUMMARY,
        (
            "020006535af605c8000000019e8e11f0e8fffffffffffffff9000000137b22746f74616c5f73223a32383830302e307d"
            "00000000000000299ea5323036303796a46f757261a472696e67c0c0c0c0a6636c69656e74a47465616db86461696c79"
            "2e646174612e736c6565702e63726561746564a56d73675f31a7776562686f6f6bab696e6372656d656e74616ca0cf00"
            "00019e8e11ed00cf0000019e8e11eef481a26964a27331c090"
        ),
        StoredSummary(Version(1_780_500_000_000_000, 1_780_500_001_000, -7), 41, SLEEP),  # its content was JSON
        _summary,
        None,
    ),
    Golden(
        rows.SUMMARY,
        (
            "030006535af605c8000000019e8e11f0e8fffffffffffffff90000000000000029dc0019cd507fa46f7572610ac0c0c0"
            "c0a6636c69656e74c410b2a9d0f46f0c4f1b8a3594f1c7e2d31001a56d73675f310305a00000ce47868c000000c3c40e"
            "20607aaaaa28800aaaaaaaa61b5f92c0a9636f6e6669726d6564ab7b226e6577223a5b315d7d90c4127b22242e646174"
            "612e6e6577223a5b315d7d"
        ),
        StoredSummary(
            Version(1_780_500_000_000_000, 1_780_500_001_000, -7),
            41,
            msgspec.structs.replace(
                SLEEP,
                team_id="b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310",
                event_type="daily.data.sleep.updated",
                created_ms=1_780_500_001_000,
                received_ms=1_780_500_001_000,
                fields={
                    "calendar_date": 20607,
                    "total_s": 28_800,
                    "hr_average_bpm": 61.5,
                    "state": "confirmed",
                    "id": "s1",
                    "created_at": 1_780_498_800_000_000,
                    "updated_at": 1_780_500_000_000_000,
                    "date_at": 1_780_444_800_000_000,
                },
                unknown_fields='{"new":[1]}',
            ),
        ),
        _summary,
        _night,
    ),
    Golden(
        rows.ENTITY,
        "0280000000000000000000019e8e11f0e80000000000000007000000027b7d",
        StoredVersion(Version(verdicts.NEVER_US, 1_780_500_001_000, 7), b"{}", b""),  # of a device, a lab
        verdicts.stored,
        lambda it: verdicts.judge(None, it.version, it.content).state,
    ),
    Golden(
        rows.RIVALS,
        (
            "019292a46f757261a472696e67929292b06170706c655f6865616c74685f6b6974a5776174636891a261319292a46f75"
            "7261a472696e6792a27331a27332"
        ),
        Rivals(OURA, ((APPLE, ("a1",)), (OURA, ("s1", "s2")))),
        sources.decode,
        sources.encode,
    ),
    Golden(rows.ZONE, "0192cd507fad4575726f70652f4265726c696e", "Europe/Berlin", _zone, _learn),
    Golden(
        rows.NUMBERS,
        "01e8f0118e9e01000007000000000000000200000000000000008793030000000000c04e400000000000004f40",
        {0: (1_780_500_001_000, 7, 61.5), 60_000_000: (1_780_500_001_000, 7, 62.0)},
        hour_blocks.unpack,
        lambda it: hour_blocks.pack(rows.NUMBERS, it),
    ),
    Golden(
        rows.HASHES,
        "02e8f0118e9e01000007000000000000000100000005000000ffffffffffffffff",
        {5: (1_780_500_001_000, 7, 2**64 - 1)},
        hour_blocks.unpack,
        lambda it: hour_blocks.pack(rows.HASHES, it),
    ),
    Golden(
        rows.BLOCK,
        "01e8f0118e9e01000007000000000000000200000000000000008793030000000000c04e400000000000004f40",
        1_780_500_001_000,
        hour_blocks.newest_ms,
        None,
    ),
    Golden(
        rows.BLOCK,
        "02e8f0118e9e01000007000000000000000100000005000000ffffffffffffffff",
        1_780_500_001_000,
        hour_blocks.newest_ms,
        None,
    ),
    Golden(
        rows.MAKERS,
        "019292b06170706c655f6865616c74685f6b6974a5776174636892a46f757261a472696e67",
        (APPLE, OURA),
        sources.decode_makers,
        sources.encode_makers,
    ),
    Golden(
        rows.DELIVERY,
        "010000019e8e11f0e8",
        1_780_500_001_000,
        lambda row: deliveries.newest_ms(b"", row),
        deliveries.encode,
    ),
    Golden(
        rows.DRIFT,
        "0193cf0000019e881c0c00cf0000019e8e11ed000c",
        drift_counts.DriftCount(1_780_400_000_000, 1_780_500_000_000, 12),
        drift_counts.decode,
        None,
    ),
    Golden(
        rows.DRIFT,
        "0294cf0000019e881c0c00cf0000019e8e11ed000c9207ceee6b2800",
        drift_counts.DriftCount(1_780_400_000_000, 1_780_500_000_000, 12, (7, 4_000_000_000)),
        drift_counts.decode,
        drift_counts.encode,
    ),
    Golden(
        rows.USER,
        (
            "019aad4575726f70652f4265726c696ec3cd1c20d38000000000000000a6636c69656e74a47465616d81ab676c75636f"
            "73652d6c6f7793cb4010cccccccccccdcb4012000000000000c281ab676c75636f73652d6c6f779663cf0006535af605"
            "c800949196cf0006535af605c800cb4008cccccccccccd00293ca097010203919601cb4008000000000000000000a0c0"
            "c0a00204919da4616c5f31010202a0c0c00090c0a56576656e74a7676c75636f7365a77761726e696e67919401a46f75"
            "726196a46f757261a472696e67a0b76a756e6374696f6e2e7261772e74696d657365726965730329c0cf0000019e8e13"
            "73a0930193a161a162a16392020393d3800000000000000093a0a0a092d38000000000000000d38000000000000000"
        ),
        User(
            "Europe/Berlin",
            True,
            7200,
            -(2**63),
            "client",
            "team",
            {"glucose-low": PersonalBounds(4.2, 4.5)},
            {
                "glucose-low": RuleState(
                    99,
                    1_780_500_000_000_000,
                    EpisodeState(
                        (Mark(1_780_500_000_000_000, 3.1, 0, 41, 60),),
                        Episode(1, 2, 3, (Mark(1, 3.0),)),
                        2,
                        4,
                    ),
                    (Alert("al_1", 1, 2, 2, topic="glucose"),),
                    (Occurrence(1, "oura", Provenance("oura", "ring", "", "junction.raw.timeseries", 3, 41)),),
                    1_780_500_100_000,
                )
            },
            ClockVersion(1, ("a", "b", "c"), (2, 3)),
        ),
        user.decode,
        user.encode,
    ),
    Golden(
        rows.USER, "0194a3555443c2cd0e1005", User("UTC", False, 3600, 5), user.decode, None
    ),  # before places had a row
    Golden(
        rows.WINDOW,
        (
            "01939194a46f757261a472696e67b76a756e6374696f6e2e7261772e74696d65736572696573039296cf0006535af605"
            "c800cb4008cccccccccccd00293ca096cf0006535af9994f00cb400999999999999a002a00a26531cf00065343ad8ee0"
            "00"
        ),
        Window(
            [("oura", "ring", "junction.raw.timeseries", 3)],
            [Mark(1_780_500_000_000_000, 3.1, 0, 41, 60), Mark(1_780_500_060_000_000, 3.2, 0, 42, 0, "e1")],
            1_780_400_000_000_000,
        ),
        _window,
        Window.encode,
    ),
    Golden(
        rows.CROWD,
        (
            "01929294b06170706c655f6865616c74685f6b6974a57761746368b76a756e6374696f6e2e7261772e74696d65736572"
            "6965730394a46f757261a472696e67b76a756e6374696f6e2e7261772e74696d6573657269657303929501cb4008cccc"
            "cccccccd0028009502cb400800000000000001293c"
        ),
        [
            Sample(1, 3.1, ("apple_health_kit", "watch", "junction.raw.timeseries", 3), 40, 0),
            Sample(2, 3.0, ("oura", "ring", "junction.raw.timeseries", 3), 41, 60),
        ],
        crowded_minutes.decode,
        crowded_minutes.encode,
    ),
    Golden(
        rows.BASELINE,
        "0181cd507f929205cb404ec0000000000092cf0000010000000000cb404f000000000000",
        {20_607: [(5, 61.5), (2**40, 62.0)]},
        baseline.decode,
        baseline.encode,
    ),
    Golden(
        rows.ARRIVALS,
        "019492ce01c4cdf8ce01c4d050ce01c4d051ce00078bf7c40105",
        silence.Arrivals((29_675_000, 29_675_600), 29_675_601, 494_583, b"\x05"),
        silence.decode,
        silence.encode,
    ),
    Golden(rows.TIMER, "0192a3752d31ab676c75636f73652d6c6f77", TIMER, _timer, _arm),
    Golden(
        rows.JOB,
        (
            "01dc001287a26964a462665f31a7757365725f6964a3752d31a870726f7669646572a46f757261a87265736f75726365"
            "a5736c656570a873746172745f757301a6656e645f757309ae636c69656e745f757365725f6964a6636c69656e74a866"
            "65746368696e6703cf0000019e8e11ed00919201059205091e0ca46e657874914d0278010001a774696d656f757404a9"
            "746f6f5f6c61726765"
        ),
        Job(
            Request("bf_1", "u-1", "oura", "sleep", 1, 9, client_user_id="client"),
            JobStatus.FETCHING,
            3,
            1_780_500_000_000,
            ((1, 5),),
            (5, 9),
            30,
            12,
            "next",
            (77,),
            2,
            120,
            1,
            0,
            1,
            "timeout",
            4,
            "too_large",
        ),
        jobs.decode,
        jobs.encode,
    ),
    Golden(
        rows.OFFSETS,
        ("7b226a756e6374696f6e2e7261772e6c616273223a5b34312c2241414141414141414141414141414141414141414141225d7d"),
        {"junction.raw.labs": Entry(41, "AAAAAAAAAAAAAAAAAAAAAA")},
        ledger.decode,
        ledger.encode,
    ),
)
