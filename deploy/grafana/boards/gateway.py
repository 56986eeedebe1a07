"""The door: what came, what it was answered, how quickly, and whether the answers keep the promise."""

from deploy.grafana.panels import Board, Kind, Line, Panel
from deploy.grafana.queries import FAILED, OBJECTIVE, VALID, burn, halves, rate, share

_REFUSED = 'junction_gateway_requests_total{outcome="refused"}'

_PANELS = (
    Panel(
        "Webhooks by answer",
        "Requests a second by outcome. Accepted and dead_letter are 204; unavailable, busy, overload and error 503; "
        "refused 401; too_large 413; too_slow and gone 408.",
        "reqps",
        (Line("{{outcome}}", rate("junction_gateway_requests_total", "outcome")),),
        runbook="gateway-503.md",
    ),
    Panel(
        "Time to answer",
        "From first byte to reply, Kafka's confirmation included. Junction gives up after 15 s.",
        "s",
        halves("junction_gateway_request_seconds"),
        warn=5,
        bad=12,
        runbook="gateway-503.md",
    ),
    Panel(
        "Refused, share",
        "Requests answered 401, of all, by endpoint (`-`: an endpoint that we do not have). Near 1 after somebody "
        "rotated a secret.",
        "percentunit",
        (Line("{{endpoint}}", share(_REFUSED, "junction_gateway_requests_total", "endpoint", window="15m")),),
        warn=0.05,
        bad=0.2,
        runbook="401-storm.md",
        top=1,
    ),
    Panel(
        "Error budget left",
        f"Of the {1 - OBJECTIVE:.1%} of all webhooks that may fail at the first try within 30 days. Below nothing the "
        "objective is missed; strangers' requests do not count.",
        "percentunit",
        (
            Line(
                "left",
                f"1 - ((sum(increase({FAILED}[30d])) / sum(increase({VALID}[30d])) >= 0) or vector(0)) / "
                f"{1 - OBJECTIVE:.4f}",
            ),
        ),
        Kind.NUMBER,
        warn=0.5,
        bad=0.1,
        runbook="gateway-503.md",
        width=6,
    ),
    Panel(
        "Error budget burning",
        "1: the budget lasts exactly its 30 days. The alert of two speeds fires at 14.4 for an hour and at 3 for a "
        "day.",
        "short",
        (Line("5 min", burn("5m")), Line("1 h", burn("1h")), Line("1 d", burn("1d"))),
        warn=3,
        bad=14.4,
        runbook="gateway-503.md",
        width=9,
    ),
    Panel(
        "Secrets in use",
        "Verified requests by the fingerprint of the secret that matched; `junction-streams secrets` says which is the "
        "newest. After a rotation the old ones fall silent within a day; then take them out.",
        "reqps",
        (Line("{{endpoint}} {{fingerprint}}", rate("junction_gateway_secret_used_total", "endpoint", "fingerprint")),),
        runbook="old-secret.md",
        width=9,
    ),
    Panel(
        "Size of bodies",
        "Of accepted webhooks. A jump of p99 is a provider that sends history in one piece.",
        "bytes",
        halves("junction_gateway_body_bytes"),
    ),
    Panel(
        "Records on Kafka",
        "Confirmed by all in-sync replicas, by raw topic. The dead-letter topic among them is what could not be read.",
        "cps",
        (Line("{{topic}}", rate("junction_gateway_published_total", "topic")),),
        runbook="dead-letters.md",
        is_stacked=True,
    ),
    Panel(
        "Waiting for Kafka",
        "Bytes of records that Kafka has not confirmed yet, of each gateway. At half of "
        "STREAMS_PUBLISH_QUEUE_BYTES_MAX time series are answered 503.",
        "bytes",
        (Line("{{instance}}", "junction_gateway_queue_bytes"),),
        runbook="gateway-503.md",
    ),
    Panel(
        "Refused for overload",
        "Records answered 503 because too many bytes waited for Kafka, by topic: what can wait longest comes first.",
        "cps",
        (Line("{{topic}}", rate("junction_gateway_overload_total", "topic")),),
        warn=1,
        runbook="gateway-503.md",
    ),
    Panel(
        "Memory and processor",
        "Of each gateway. Memory is flat whatever comes; a processor near 1 means another gateway.",
        "short",
        (
            Line("GB {{instance}}", 'process_resident_memory_bytes{job="gateway"} / 1e9'),
            Line("cores {{instance}}", 'rate(process_cpu_seconds_total{job="gateway"}[$__rate_interval])'),
        ),
        warn=0.9,
        runbook="gateway-503.md",
    ),
)

BOARD = Board("gateway", "Gateway", "The door: what came, what it was answered, and how quickly.", _PANELS)
