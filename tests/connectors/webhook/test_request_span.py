"""The span of a request, and the trace that its record carries on."""

import httpx

from connectors.webhook import Gateway
from streams.kafka import admin
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.errors import Unavailable
from tests.connectors.webhook.gateways import MARKERS, NOW_S, USER, body_of, make_settings, signed
from tests.spans import PARENT, Spans, parent_of, recorded, said, traceparent

BODY = body_of(data={"note": MARKERS[0]})
TRACE = {"traceparent": PARENT.traceparent, "tracestate": PARENT.tracestate}


def made(trouble: Unavailable | None = None) -> tuple[Gateway, MemoryPublisher]:
    settings = make_settings()
    publisher = MemoryPublisher({topic.name: topic.partitions for topic in admin.layout_of(settings)})
    publisher.trouble = trouble
    return Gateway(settings, publisher, clock=lambda: NOW_S), publisher


async def posted(gateway: Gateway, headers: dict[str, str]) -> int:
    transport = httpx.ASGITransport(gateway.door)  # type: ignore[arg-type]  # because httpx types ASGI of its own
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return (await client.post("/webhooks/junction", content=BODY, headers=headers)).status_code


def shown(spans: Spans) -> str:
    return "".join(span.to_json() for span in spans.ended)


async def test_a_record_goes_on_from_the_span_of_its_way_to_kafka() -> None:
    """The request's parent, then the request, then the sending: one trace, and the record names its last span."""
    with recorded() as spans:
        gateway, publisher = made()
        assert await posted(gateway, signed(BODY) | TRACE) == 204
    sending, answering = spans.ended
    assert spans.names == ["send junction.raw.summaries", "POST /webhooks/{endpoint}"]
    assert parent_of(answering) == PARENT.traceparent.split("-")[2]
    assert parent_of(sending) == traceparent(answering).split("-")[2]
    assert dict(publisher.records[0].headers)["traceparent"].decode() == traceparent(sending)
    assert said(answering)["http.response.status_code"] == 204
    assert [one for one in (USER, *MARKERS) if one in shown(spans)] == []


async def test_who_has_no_right_signature_makes_no_spans() -> None:
    """Strangers can neither fill the traces nor add to one of ours."""
    with recorded() as spans:
        gateway, _ = made()
        assert await posted(gateway, signed(BODY + b" ") | TRACE) == 401
    assert spans.names == []


async def test_what_kafka_did_not_confirm_is_an_error() -> None:
    """A 503 is seen in the traces, by the class of its reason."""
    with recorded() as spans:
        gateway, _ = made(Unavailable("not confirmed"))
        assert await posted(gateway, signed(BODY)) == 503
    assert [said(span)["error.type"] for span in spans.ended] == ["Unavailable", "Unavailable"]
    assert said(spans.ended[1])["http.response.status_code"] == 503
