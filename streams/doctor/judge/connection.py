"""How Kafka is spoken to."""

from streams.ops.lines import Line, look_at, ok

KAFKA = "kafka"


def connection(servers: str, protocol: str, mechanism: str, *, is_own: bool) -> Line:
    """Of a Kafka that answers. `is_own`: whether all its hosts are this machine, or of a private network."""
    login = f"{protocol} with {mechanism}" if protocol.startswith("SASL") else protocol
    found = f"{servers} answers over {login}"
    if protocol.endswith("SSL") or is_own:
        return ok(KAFKA, found)
    return look_at(
        KAFKA,
        f"{found}: people's data go in the clear to hosts that may not be your own",
        "set STREAMS_SECURITY_PROTOCOL to SSL or SASL_SSL",
    )


def not_idempotent() -> Line:
    """Of a producer whose records Kafka does not number."""
    return look_at(
        "clients",
        "the producer (librdkafka) connects, and may not write exactly once",
        "right for a login that only reads; others need WRITE on their topics, before Kafka 3.0 also IDEMPOTENT_WRITE "
        "on the cluster",
    )


def client(name: str, seconds: float) -> Line:
    """Of one more client that connected."""
    return ok("clients", f"{name} connects ({seconds:.1f} s)")
