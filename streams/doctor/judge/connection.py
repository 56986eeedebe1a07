"""How Kafka is spoken to."""

from streams.doctor.judge.lines import Line, look_at, ok

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


def client(name: str, seconds: float) -> Line:
    """Of one more client that connected."""
    return ok("clients", f"{name} connects ({seconds:.1f} s)")
