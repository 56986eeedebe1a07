"""Lab orders of a world, as `POST /v3/order/resend_events` names them (domain file, 2.3)."""

import json

from pydantic import AwareDatetime, BaseModel, ConfigDict

from streams.simulator.world.world import World


class _ResendBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_ids: list[str] | None = None
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None


def within(world: World, body: bytes) -> list[str]:
    """Orders with an event in the time, or those that are named. Raises ValidationError."""
    asked = _ResendBody.model_validate_json(body)
    start_ms = asked.start_at.timestamp() * 1000 if asked.start_at else 0
    end_ms = asked.end_at.timestamp() * 1000 if asked.end_at else float("inf")
    found: dict[str, None] = {}
    for event in world.events():
        if b'"labtest.order.' in event.body and start_ms <= event.created_at_ms < end_ms:
            found[json.loads(event.body)["data"]["id"]] = None
    return [id for id in found if asked.order_ids is None or id in asked.order_ids]
