"""Metrics that no panel shows, each with its reason. A test holds this list against the panels."""

UNSEEN: dict[str, str] = {
    "junction_gateway_secret_position": "the alert OldSecretInUse reads it; a person asks `junction-streams secrets`.",
    "junction_gateway_connections_closed_total": "strangers close and are closed all day; the attack page reads it.",
    "junction_sink_rows_total": "the row of the sink is not made yet.",
    "junction_sink_batches_total": "the row of the sink is not made yet.",
    "junction_sink_seconds_total": "the row of the sink is not made yet.",
    "junction_sink_position": "the row of the sink is not made yet.",
    "junction_sink_lag_records": "the row of the sink is not made yet.",
    "junction_sink_lag_seconds": "the row of the sink is not made yet.",
    "junction_sink_rejects_total": "the row of the sink is not made yet.",
    "junction_sink_ready": "the row of the sink is not made yet.",
}
