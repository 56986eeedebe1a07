"""What `fetch` prints."""

from collections.abc import Sequence

from streams.ops import terminal
from streams.tables.history import Request


def print_requests(requests: Sequence[Request], *, as_json: bool) -> None:
    """What the fetchers were asked for."""
    if as_json:
        terminal.machine([{"backfill_id": r.id, "provider": r.provider, "resource": r.resource} for r in requests])
        return
    for request in requests:
        terminal.say(f"asked for {request.provider} {request.resource} ({request.id})")
    terminal.say("`junction-streams status` shows how far it is; a fetcher has to run.")
