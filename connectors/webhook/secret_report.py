"""What is known of the secrets of all gateways and their processes, and which old one may be taken out. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from connectors.webhook.secret_use import SecretRow
from streams.events import DAY_S, HOUR_S, MINUTE_S, SECOND_US, times

# Svix, which delivers for Junction, signs with an old secret as well for 24 h after a rotation (domain file, 7.3).
OLD_SIGNS_S = DAY_S


class SecretReport(NamedTuple):
    """One secret of one endpoint, over all gateways. `processes`: how many of them have it. `advice`: a sentence."""

    row: SecretRow
    processes: int
    may_be_removed: bool
    advice: str


def report(rows_by_process: Sequence[Sequence[SecretRow]], now_s: float) -> list[SecretReport]:
    """By endpoint, newest first. `now_s`: Unix seconds."""
    found: dict[tuple[str, str], list[SecretRow]] = {}
    for rows in rows_by_process:
        for row in rows:
            found.setdefault((row.endpoint, row.fingerprint), []).append(row)
    merged = sorted(map(merge, found.values()), key=lambda row: (row.endpoint, row.position))
    has = {key: len(rows) for key, rows in found.items()}
    return [_reported(row, merged, has[row.endpoint, row.fingerprint], len(rows_by_process), now_s) for row in merged]


def merge(rows: Sequence[SecretRow]) -> SecretRow:
    """One secret of several processes: counted by all, used last by any, observed since the last of them began."""
    # The position of those that have read the newest list already: there it is the older one.
    position, since_s = max(row.position for row in rows), max(row.since_s for row in rows)
    last_used_s, verified = max(row.last_used_s for row in rows), sum(row.verified for row in rows)
    return rows[0]._replace(position=position, since_s=since_s, last_used_s=last_used_s, verified=verified)


def _reported(row: SecretRow, rows: Iterable[SecretRow], n: int, processes: int, now_s: float) -> SecretReport:
    if n < processes:
        return SecretReport(
            row, n, False, f"only {n} of {processes} processes have it: look at the others' log and files"
        )
    newer = [one for one in rows if one.endpoint == row.endpoint and one.position < row.position]
    may_be_removed, advice = _of_old(row, newer, now_s) if newer else (False, _of_newest(row))
    return SecretReport(row, n, may_be_removed, advice)


def _of_newest(row: SecretRow) -> str:
    return "in use" if row.last_used_s else "not used yet: nothing came that it signed"


def _of_old(row: SecretRow, newer: Sequence[SecretRow], now_s: float) -> tuple[bool, str]:
    newer_s = max(one.last_used_s for one in newer)
    free_s = max(row.last_used_s, row.since_s) + OLD_SIGNS_S
    if not newer_s:
        return False, "keep it: no newer one has been used yet; is it rotated at Junction?"
    if newer_s < row.last_used_s:
        return False, "keep it: it was used after every newer one"
    if now_s < free_s:
        return False, f"keep it until {times.text(int(free_s) * SECOND_US)}, if it is not used until then"
    return True, f"may be removed: silent for {duration(now_s - free_s + OLD_SIGNS_S)}, while a newer one was used"


def last_use(row: SecretRow, now_s: float) -> str:
    """When it was used last, in words."""
    if row.last_used_s:
        return f"{duration(now_s - row.last_used_s)} ago"
    return f"never since the gateway took it {duration(now_s - row.since_s)} ago"


_UNITS = ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """`3 h`: whole units of the largest that is there."""
    whole = max(0, int(seconds))
    unit_s, name = next((one for one in _UNITS if whole >= one[0]), _UNITS[-1])
    return f"{whole // unit_s} {name}"
