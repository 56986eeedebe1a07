"""Facts of a user whose sleep of last night is not there, and nothing explains it; and changes to them."""

from dataclasses import replace
from typing import Any

from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS
from streams.lineage.data.days import LocalDay, UserClock
from streams.lineage.known import DeadLetter, History, Link, ProviderHour, Reach
from streams.lineage.row import EntityLine, LineageRow
from streams.lineage.why.facts import JunctionSays, WhyFacts

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
DAY = 20_785  # 2026-11-28
DAY_START_MS = DAY * DAY_MS
NOW_MS = DAY_START_MS + 9 * HOUR_MS + 20 * MINUTE_MS
FIRST_MS = DAY_START_MS - 30 * DAY_MS


def row(day: int, verdict: str = "NEW", *, provider: str = "oura", **changes: Any) -> LineageRow:
    """A night that came at 07:00 of its day."""
    came_ms = day * DAY_MS + 7 * HOUR_MS
    plain = LineageRow(
        delivery_id=f"msg_{provider}_{day}_{verdict}",
        raw_topic="raw.summaries",
        partition=3,
        offset=day * 10 + len(provider) + len(verdict),
        processed_ms=came_ms + 40,
        created_ms=came_ms - 1000,
        received_ms=came_ms,
        owner_id=USER,
        event_type="daily.data.sleep.created",
        resource="sleep",
        provider=provider,
        source_type="ring",
        first_us=(came_ms - 8 * HOUR_MS) * 1000,
        last_us=(came_ms - HOUR_MS) * 1000,
        first_day=day,
        last_day=day,
        entities=(EntityLine(f"night-{provider}-{day}", verdict),),
    )
    return replace(plain, **changes)


def hours(
    deliveries: int = 10, users: int = 8, delay_s: float = 600.0, until_ms: int = NOW_MS
) -> tuple[ProviderHour, ...]:
    """A provider that brings the same in each hour of nine days."""
    end_ms = until_ms - until_ms % HOUR_MS
    return tuple(
        ProviderHour(
            hour_ms=at_ms, provider="oura", resource="sleep", deliveries=deliveries, users=users, new_samples=0,
            delay_s=delay_s,
        )
        for at_ms in range(end_ms - 9 * DAY_MS, end_ms, HOUR_MS)
    )  # fmt: skip


def letter(**changes: Any) -> DeadLetter:
    plain = DeadLetter(
        partition=2, offset=12, raw_topic="raw.summaries", raw_partition=3, raw_offset=99, delivery_id="msg_dead",
        owner_id=USER, event_type="daily.data.sleep.created", resource="sleep", reason="bad_shape",
        detail="$.data: not an object", dead_ms=DAY_START_MS + 7 * HOUR_MS,
    )  # fmt: skip
    return replace(plain, **changes)


def link(**changes: Any) -> Link:
    plain = Link(
        provider="oura", status="connected", since_ms=FIRST_MS, last_data_ms=NOW_MS - DAY_MS, available=("sleep",)
    )
    return replace(plain, **changes)


def history(**changes: Any) -> History:
    plain = History(
        provider="oura", resource="sleep", status="complete", reason="", share=1.0, start_ms=FIRST_MS - 90 * DAY_MS,
        end_ms=FIRST_MS, progress_ms=FIRST_MS,
    )  # fmt: skip
    return replace(plain, **changes)


def nothing_known(**changes: Any) -> WhyFacts:
    """Oura brought a night on each day but the last, and all is well."""
    plain = WhyFacts(
        user_id=USER,
        resource="sleep",
        day=LocalDay(DAY, UserClock(offset_s=0)),
        now_ms=NOW_MS,
        reach=Reach(first_ms=FIRST_MS, as_of_ms=NOW_MS, behind_s=0.0),
        rows=tuple(row(day) for day in range(DAY - 20, DAY)),
        links=(link(),),
        histories=(history(),),
        hours={"oura": hours()},
        junction=JunctionSays(1, ("oura",)),
    )
    return replace(plain, **changes)
