"""The workers' query API: whether it answers with our token."""

from streams.doctor.judge import machine
from streams.ops import addresses
from streams.ops.lines import Line
from streams.ops.settings import Settings
from streams.status.client import ask

NOBODY = "00000000-0000-0000-0000-000000000000"


def workers(settings: Settings) -> list[Line]:
    """Asked for a user whom nobody has: the worker that would have them answers."""
    ask(settings, NOBODY)
    return [machine.workers(addresses.shown(settings.query_address))]
