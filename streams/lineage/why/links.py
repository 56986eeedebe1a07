"""Causes that lie before any delivery: the connection, what it permits, a history that is not done. Pure."""

from collections.abc import Iterable, Sequence

from streams.events.times import DAY_MS
from streams.lineage import words
from streams.lineage.data import days
from streams.lineage.data.touching import is_data
from streams.lineage.delivery.retries import last_try_ms
from streams.lineage.known import History, Link, Reach
from streams.lineage.row import LineageRow
from streams.lineage.why.facts import WhyFacts
from streams.lineage.why.finding import CauseFinding, no, unknown, yes
from streams.lineage.why.presence import Missed
from streams.tables import connections
from streams.tables.history import BackfillStatus

UNDER_WAY = frozenset({BackfillStatus.NOTIFIED, BackfillStatus.QUEUED, BackfillStatus.FETCHING})


def connection(facts: WhyFacts) -> CauseFinding:
    """In error at that time, or never made."""
    status = words.command("status", facts.user_id)
    if not facts.links and not facts.data_rows:
        return _never_made(facts, status)
    if not facts.reach.has_connections:
        return unknown("Not all states of connections are read yet.", status)
    wanted = facts.missed
    failed = {provider: at_ms for provider in sorted(wanted.providers) if (at_ms := _error_ms(facts, provider))}
    sure = {provider: at_ms for provider, at_ms in failed.items() if not _is_unsure(facts, provider)}
    if _explains(sure, wanted):
        return yes(
            f"The connection to {words.names(sorted(sure))} {_tense(facts, sure)} in error since "
            f"{words.moment(min(sure.values()))}{_error_type(facts, sure)}: nothing comes until the user connects "
            "again.",
            status, *_proof(facts, sure), at_ms=min(sure.values()), providers=sorted(sure),
        )  # fmt: skip
    if _explains(failed, wanted):
        return _perhaps(facts, failed, status)
    if failed:
        return no(f"Of several connections that might bring it, {words.names(sorted(failed))} is in error.", status)
    return no("No connection that might bring it was in error at that time.", status)


def _explains(failed: dict[str, int], wanted: Missed) -> bool:
    return bool(failed) and (wanted.are_known or len(failed) == len(wanted.providers))


def _perhaps(facts: WhyFacts, failed: dict[str, int], status: str) -> CauseFinding:
    since = words.moment(facts.reach.first_ms)
    return unknown(
        f"The connection to {words.names(sorted(failed))} was in error at {words.moment(min(failed.values()))} and was "
        "mended after that day, and whether it was mended before, too, is not known: what came is known from "
        f"{since} to {words.moment(facts.reach.as_of_ms)}.",
        status,
    )


def _never_made(facts: WhyFacts, status: str) -> CauseFinding:
    if not _is_read(facts.reach):
        return unknown("No connection of this user is known, and not all that there may be is read yet.", status)
    return yes("No connection of this user to any provider is known: none was ever made, or we were not told.", status)


def _is_read(reach: Reach) -> bool:
    """Whether all that we were told is known. It need not be anything: of a new product there are no rows yet."""
    return reach.has_connections and reach.as_of_ms > 0 and reach.behind_s <= days.BEHIND_S


def _error_ms(facts: WhyFacts, provider: str) -> int:
    """Since when it was in error when the day ended; 0 where it was not. Events count before what is so now."""
    events = [row for row in facts.connection_rows if row.provider == provider and 0 < _told_ms(row) <= facts.end_ms]
    if events:
        newest = max(events, key=_told_ms)
        return _told_ms(newest) if newest.event_type.endswith(".error") else 0
    link = next((link for link in facts.links if link.provider == provider), None)
    if link is None:
        return 0
    if link.status == connections.ERROR:
        return link.since_ms if link.since_ms <= facts.end_ms else 0
    return link.error_ms if is_mended_later(link, facts.end_ms) and not _has_brought_since(facts, link) else 0


def is_mended_later(link: Link, end_ms: int) -> bool:
    """Whether it was in error when a day ended, for all that a link says: of mendings only the newest is on record."""
    was_before = 0 < link.error_ms <= end_ms < link.since_ms
    return was_before and link.status != connections.ERROR


def _has_brought_since(facts: WhyFacts, link: Link) -> bool:
    """Whether data that Junction made after the error had come by then: it was mended before, too. Where only the
    receipt is known, what failed comes again for a day."""
    told = (_told_ms(row) for row in facts.data_rows if row.provider == link.provider)
    if any(link.error_ms < at_ms <= facts.end_ms for at_ms in told):
        return True
    if link.error_ms < facts.brought.get(link.provider, 0) <= facts.end_ms:
        return True
    return last_try_ms(link.error_ms) < link.last_data_ms <= facts.end_ms


def _is_unsure(facts: WhyFacts, provider: str) -> bool:
    """Whether data that would say that it was mended before may have come when there are no rows of it."""
    link = next((link for link in facts.links if link.provider == provider), None)
    if link is None or not is_mended_later(link, facts.end_ms):
        return False
    from_ms = max(link.error_ms, facts.end_ms - DAY_MS)  # a connection that works brings something in a day
    return not 0 < facts.reach.first_ms <= from_ms or facts.reach.behind_s > days.BEHIND_S


def newest_made(rows: Iterable[LineageRow]) -> dict[str, int]:
    """When the newest data of each provider were made, of any resource, Unix ms."""
    found: dict[str, int] = {}
    for row in filter(is_data, rows):
        found[row.provider] = max(found.get(row.provider, 0), _told_ms(row))
    return found


def _told_ms(row: LineageRow) -> int:
    return row.created_ms or row.received_ms


def _tense(facts: WhyFacts, failed: dict[str, int]) -> str:
    still = {link.provider for link in facts.links if link.status == connections.ERROR}
    return "is" if still & failed.keys() else "was"


def _error_type(facts: WhyFacts, failed: dict[str, int]) -> str:
    found = sorted({link.error_type for link in facts.links if link.provider in failed and link.error_type})
    return f" ({words.names(found)})" if found else ""


def _proof(facts: WhyFacts, failed: dict[str, int]) -> Sequence[str]:
    rows = [row for row in facts.connection_rows if failed.get(row.provider) == _told_ms(row)]
    return [row.delivery_id for row in rows if row.delivery_id]


def not_available(facts: WhyFacts) -> CauseFinding:
    """The user has not permitted it there, or the provider does not have it."""
    status = words.command("status", facts.user_id)
    wanted = facts.missed
    links = [link for link in facts.links if link.provider in wanted.providers]
    without = sorted(link.provider for link in links if _lacks(link, facts.resource))
    if without and (wanted.are_known or len(without) == len(links)):
        return yes(
            f"{facts.resource} is not available at {words.names(without)}: "
            "the permissions that the user gave do not cover it.",
            status, providers=without,
        )  # fmt: skip
    if not any(link.available or link.unavailable for link in links):
        return unknown("No connection says which resources its permissions cover.", status)
    return no(f"No connection that might bring it says that {facts.resource} is not available.", status)


def _lacks(link: Link, resource: str) -> bool:
    return resource in link.unavailable and resource not in link.available


def history(facts: WhyFacts) -> CauseFinding:
    """The history that has this day is under way, or failed."""
    wanted = facts.missed.providers
    histories = [one for one in facts.histories if one.resource == facts.resource and one.provider in wanted]
    mine = [one for one in histories if _has_day(one, facts)]
    failed = [one for one in mine if one.status == BackfillStatus.FAILED]
    running = [one for one in mine if one.status in UNDER_WAY]
    status = words.command("status", facts.user_id)
    if running:
        newest = max(running, key=_progress)
        return yes(
            f"The history of {facts.resource} at {newest.provider} that has this day is under way ({newest.status}, "
            f"{newest.share:.0%} of it fetched{_reason(newest)}).",
            status, at_ms=newest.progress_ms, provider=newest.provider, status=newest.status, share=newest.share,
        )  # fmt: skip
    if failed:
        newest = max(failed, key=_progress)
        return yes(
            f"The history of {facts.resource} at {newest.provider} that has this day failed{_reason(newest)}: "
            "ask for it again.",
            words.command(
                *("fetch", "--user", facts.user_id, "--provider", newest.provider, "--resource", facts.resource)
            ),
            status, at_ms=newest.progress_ms, provider=newest.provider, status=newest.status,
        )  # fmt: skip
    if histories:
        return no("No history that has this day is under way or failed.", status)
    return no(f"No history of {facts.resource} is known at a provider that might bring it.", status)


def _has_day(one: History, facts: WhyFacts) -> bool:
    if not one.start_ms and not one.end_ms:
        return True
    until_ms = facts.day.until_ms if facts.day else facts.now_ms
    return one.start_ms < until_ms and one.end_ms > facts.from_ms


def _reason(one: History) -> str:
    return f", {one.reason}" if one.reason else ""


def _progress(one: History) -> tuple[int, str]:
    return one.progress_ms, one.provider
