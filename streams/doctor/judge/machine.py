"""What this machine has: secrets of endpoints, room for tables, the sink's database, the workers."""

from collections.abc import Mapping

from streams.ops.lines import Line, look_at, ok, size, wrong

GIB = 1024**3
_FREE_FEW, _FREE_LEAST = 2 * GIB, GIB // 4
ENDPOINTS, DISK = "endpoints", "disk"


def endpoints(secrets: Mapping[str, int]) -> Line:
    """Endpoint → how many secrets it has; never the secrets."""
    if not secrets:
        return look_at(ENDPOINTS, "none is set: right where no gateway runs", "the gateway needs STREAMS_ENDPOINTS")
    counted = ", ".join(
        f"{name} ({'1 secret' if count == 1 else f'{count} secrets'})" for name, count in secrets.items()
    )
    return ok(ENDPOINTS, counted)


def disk(folder: str, free_bytes: int, *, is_writable: bool) -> Line:
    """Of the folder for tables, and how much of its disk is free."""
    rounded = size(free_bytes // 1024**2 * 1024**2) if free_bytes < GIB else f"{free_bytes / GIB:.0f} GiB"
    if not is_writable:
        return wrong(DISK, f"cannot write to {folder}", "set STREAMS_STATE_DIR to a folder of this user's own")
    if free_bytes < _FREE_LEAST:
        return wrong(DISK, f"{rounded} free for tables in {folder}", "make room, or set STREAMS_STATE_DIR elsewhere")
    if free_bytes < _FREE_FEW:
        return look_at(DISK, f"{rounded} free for tables in {folder}", "docs/deploy.md says how much tables need")
    return ok(DISK, f"{rounded} free for tables in {folder}")


def postgres(version: int, *, may_create: bool, has_schema: bool, schema: str) -> Line:
    """Of a database that let us in. `version`: as the server tells it, 150004."""
    found = f"PostgreSQL {version // 10_000} takes our login"
    if has_schema:
        return ok("postgres", f"{found}; schema {schema} is there")
    if may_create:
        return ok("postgres", f"{found}; schema {schema} is made by the first `sink postgres`")
    return wrong("postgres", f"{found}; it may not make the schema {schema}", "GRANT CREATE ON DATABASE ... to it")


def workers(where: str) -> Line:
    """Of a query API that answered."""
    return ok("workers", f"the query API at {where} answers")
