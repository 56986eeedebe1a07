"""The doors: what came, what it was answered, how quickly, and whether the answers keep the promise; pipelines."""

from deploy.grafana import colours
from deploy.grafana.panels import BYTES, COUNT, RATIO, RECORDS_PER_S, REQUESTS_PER_S, Board, Kind, Line, Panel
from deploy.grafana.queries import FAILED, OBJECTIVE, VALID, burn, busiest_rate, halves, increase, of_topic, rate, share

_REFUSED = 'junction_gateway_requests_total{outcome="refused"}'

_PANELS = (
    Panel(
        "Webhooks by answer",
        "Requests a second by outcome. Accepted, dead_letter and probe are 204; unavailable, busy, overload and error "
        "503; refused 401; too_large 413; too_slow and gone 408.",
        REQUESTS_PER_S,
        (Line("{{outcome}}", rate("junction_gateway_requests_total", "outcome")),),
        runbook="gateway-503.md",
        colours=colours.REPLIES,
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
                f"1 - (({increase(FAILED, '30d')} / {increase(VALID, '30d')} >= 0) or vector(0)) / {1 - OBJECTIVE:.4f}",
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
        RATIO,
        (
            Line("5 min", burn("5m"), colours.BLUE),
            Line("1 h", burn("1h"), colours.ORANGE),
            Line("1 d", burn("1d"), colours.PURPLE),
        ),
        warn=3,
        bad=14.4,
        runbook="gateway-503.md",
        width=9,
    ),
    Panel(
        "Secrets in use",
        "Verified requests by the fingerprint of the secret that matched; `junction-streams secrets` says which is the "
        "newest. After a rotation the old ones fall silent within a day; then take them out.",
        REQUESTS_PER_S,
        (Line("{{endpoint}} {{fingerprint}}", rate("junction_gateway_secret_used_total", "endpoint", "fingerprint")),),
        runbook="old-secret.md",
        width=9,
    ),
    Panel(
        "Size of bodies",
        "Of accepted webhooks. A jump of p99 is a provider that sends history in one piece.",
        BYTES,
        halves("junction_gateway_body_bytes"),
    ),
    Panel(
        "Records on Kafka",
        "Confirmed by all in-sync replicas, by raw topic, whichever door they came through. The dead-letter topic "
        "among them is what could not be read.",
        RECORDS_PER_S,
        (Line("{{topic}}", of_topic(busiest_rate("junction_gateway_published_total", "topic"))),),
        runbook="dead-letters.md",
        is_stacked=True,
    ),
    Panel(
        "Waiting for Kafka",
        "Bytes of records that Kafka has not confirmed yet, of each gateway and source. At half of "
        "STREAMS_PUBLISH_QUEUE_BYTES_MAX time series are answered 503. Held: messages of a pipeline, as they came.",
        BYTES,
        (
            Line("{{instance}}", "junction_gateway_queue_bytes"),
            Line("{{door}} held", "sum by (door) (junction_source_held_bytes)"),
        ),
        runbook="gateway-503.md",
    ),
    Panel(
        "Refused for overload, an hour",
        "Records answered 503 because too many bytes waited for Kafka, by topic: what can wait longest comes first.",
        COUNT,
        (Line("{{topic}}", of_topic(increase("junction_gateway_overload_total", "1h", "topic"))),),
        warn=1,
        runbook="gateway-503.md",
    ),
    Panel(
        "Memory",
        "Of each gateway. It is flat whatever comes: what waits is bounded.",
        BYTES,
        (Line("{{instance}}", 'process_resident_memory_bytes{job="gateway"}'),),
        runbook="gateway-503.md",
    ),
    Panel(
        "Processor",
        "Cores that each gateway uses. Near 1 means another gateway.",
        RATIO,
        (Line("{{instance}}", 'rate(process_cpu_seconds_total{job="gateway"}[$__rate_interval])'),),
        warn=0.9,
        runbook="gateway-503.md",
    ),
    Panel(
        "Pipelines",
        "Messages a second by door: received, settled after Kafka had them, and those that had been handed out before. "
        "Settled below received for long: Kafka is slow or away. Again: connections were lost, or leases ended.",
        REQUESTS_PER_S,
        (
            Line("{{door}} received", rate("junction_source_received_total", "door")),
            Line("{{door}} settled", rate("junction_source_settled_total", "door")),
            Line("{{door}} again", rate("junction_source_redelivered_total", "door")),
        ),
        runbook="doors.md",
    ),
    Panel(
        "Messages of pipelines",
        "Waiting in the pipeline, where it tells that; held by us and not settled. A hill of waiting is a burst, or a "
        "door that catches up. Lost: deleted there before we had read them, within the last hour.",
        COUNT,
        (
            Line("{{door}} waiting", "max by (door) (junction_source_waiting)"),
            Line("{{door}} held", "sum by (door) (junction_source_held)"),
            Line("{{door}} lost", increase("junction_source_expired_total", "1h", "door")),
        ),
        runbook="doors.md",
        width=6,
    ),
    Panel(
        "Oldest message held",
        "For how long a door has held a message without settling it. Milliseconds while Kafka answers; RabbitMQ takes "
        "it back after 30 minutes.",
        "s",
        (Line("{{door}}", "max by (door) (junction_source_oldest_held_seconds)"),),
        warn=60,
        bad=1200,
        runbook="doors.md",
        width=6,
    ),
    Panel(
        "Pipelines and Kafka answer",
        "Of every door that asks: whether its pipeline gives and Kafka takes. While one is away it waits, and nothing "
        "is lost.",
        COUNT,
        (Line("{{door}}", "min by (door) (junction_source_ready)"),),
        Kind.NUMBER,
        warn=1,
        bad=0.5,
        runbook="doors.md",
        width=4,
        words={0: "no", 1: "yes"},
    ),
)

BOARD = Board("gateway", "Gateway", "The doors: what came, what it was answered, and how quickly.", _PANELS)
