"""Metrics that no panel shows, each with its reason. A test holds this list against the panels."""

UNSEEN: dict[str, str] = {
    "junction_engine_transaction_bytes": "it grows with the records of a transaction, which are shown.",
    "junction_gateway_secret_position": "the alert OldSecretInUse reads it; a person asks `junction-streams secrets`.",
    "junction_gateway_connections_closed_total": "strangers close and are closed all day; the attack page reads it.",
    "junction_sink_position": "where each partition stands; a person asks `junction-streams sink status`.",
}
