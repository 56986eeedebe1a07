"""What `secrets` prints: each secret of each endpoint by its fingerprint, its use, and whether an old one may go."""

from collections.abc import Sequence
from typing import Any

from connectors.webhook.secret_report import SecretReport, last_use
from streams.events import times
from streams.ops import terminal
from streams.ops.terminal import Rows, line

COLUMNS = ("endpoint", "place", "fingerprint", "signs", "verified", "last used", "what to do")


def print_secrets(reports: Sequence[SecretReport], now_s: float, *, as_json: bool) -> None:
    """One row a secret, newest first. `now_s`: Unix seconds."""
    if as_json:
        terminal.machine([_fields(one) for one in reports])
        return
    table = Rows(*COLUMNS, right=("place", "verified"), once="endpoint")
    for one in reports:
        row = one.row
        advice = line((one.advice, "green" if one.may_be_removed else ""))
        place = (row.endpoint, str(row.position), row.fingerprint, row.version)
        table.add(*place, f"{row.verified:,}", last_use(row, now_s), advice)
    terminal.console().print(table)


def _fields(one: SecretReport) -> dict[str, Any]:
    row = one.row
    return {
        "endpoint": row.endpoint,
        "position": row.position,
        "fingerprint": row.fingerprint,
        "version": row.version,
        "verified": row.verified,
        "last_used_at": times.text_of_seconds(row.last_used_s) if row.last_used_s else None,
        "since": times.text_of_seconds(row.since_s),
        "processes": one.processes,
        "may_be_removed": one.may_be_removed,
        "advice": one.advice,
    }
