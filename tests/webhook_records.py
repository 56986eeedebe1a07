"""The record that a body becomes at the webhook's door, without a request."""

from connectors.contract.intake import StoredRecord, stored_record
from connectors.webhook.delivery import delivery_of
from streams.events.signature import Verified
from streams.ops.settings import Settings


def record_of(
    body: bytes, verified: Verified, endpoint: str, traceparent: str, tracestate: str = "", *, now_s: float,
    settings: Settings,
) -> StoredRecord:  # fmt: skip
    """As `Door` makes it."""
    tolerance_s = settings.signature_tolerance_s
    delivery = delivery_of(verified, endpoint, traceparent, tracestate, now_s=now_s, tolerance_s=tolerance_s)
    return stored_record(body, delivery, settings)
