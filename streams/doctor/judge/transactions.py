"""Whether this login may have transactions."""

from streams.ops.lines import Line, ok, silent, wrong

ABOUT = "transactions"


def transactions(refused: str, step: str, *, is_silence: bool) -> Line:
    """Of a trial. `refused`: Kafka's name for it, "" where one was begun and aborted; `step`: what was refused."""
    if not refused:
        return ok(ABOUT, "one was begun and aborted")
    if is_silence:
        return silent(ABOUT, f"{step}: {refused}", "is `transaction.state.log.replication.factor` above the brokers?")
    return wrong(ABOUT, f"Kafka refuses {step}: {refused}", _change(refused))


def _change(refused: str) -> str:
    if refused == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED":
        return (
            "allow WRITE and DESCRIBE on the transactional ids that begin with STREAMS_GROUP_ID: workers, fetchers and "
            "`dead-letters redrive` have one each"
        )
    if refused == "GROUP_AUTHORIZATION_FAILED":
        return "allow READ on the group STREAMS_GROUP_ID and those that begin with it"
    if refused == "INVALID_TRANSACTION_TIMEOUT":
        return "set the brokers' transaction.max.timeout.ms to 10000 or more"
    if refused == "UNSUPPORTED_VERSION":
        return "use brokers that speak Kafka 2.5 or newer; some services have no transactions at all"
    return "worker and fetcher cannot run without transactions: look whether this Kafka has them, and for whom"
