"""Labels of metrics that a stranger cannot multiply."""

from streams.events import RESOURCES
from streams.payloads import UNKNOWN, Event

_CONTROL_LABELS = frozenset(
    {"connection", "device", "other", "order", "appointment", "result", "match_review", "parsing_job"}
    | {"order_tracking", "result_table", "quote", "session"}
)


def resource_label(event: Event) -> str:
    """The resource of an event, `unknown` for one that we do not know."""
    known = event.type.resource in RESOURCES or event.type.resource in _CONTROL_LABELS
    return event.type.resource if known else UNKNOWN
