"""`python -m tests.house.rooms`: is every file in a room whose sentence fits? `make check` runs it.

import-linter keeps the floors; it says which arrow is wrong, not where a file belongs. This says it.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOSE = {"streams": {"__init__.py", "__main__.py"}, "connectors": {"__init__.py"}}
# Who may import a library, and so where a file that needs it belongs. The first room is the usual one.
LIBRARIES = {
    "typer": ("streams/cli",),
    "structlog": ("streams/ops",),
    "opentelemetry": ("streams/ops",),
    "pydantic_settings": ("streams/ops",),
    "dotenv": ("streams/ops",),
    "cryptography": ("streams/events", "streams/demo"),
    "fastavro": ("streams/kafka",),
    "confluent_kafka": (
        "streams/kafka",
        "streams/engine",
        "streams/alerts",
        "streams/letters",
        "streams/doors",
        "streams/demo",
        "streams/lineage",
        "streams/doctor",
        "streams/simulator",
        "connectors",
    ),
    "aiokafka": ("streams/engine", "streams/kafka", "streams/doctor"),
    "faust": ("streams/engine",),
    "mode": ("streams/engine",),
    "rocksdict": ("streams/engine", "streams/lineage"),
    "starlette": ("connectors/webhook", "streams/simulator"),
    "uvicorn": ("connectors/webhook", "streams/simulator"),
    "httpx": ("connectors", "streams/status", "streams/lineage", "streams/demo"),
    "aiohttp": ("connectors", "streams/status", "streams/lineage", "streams/simulator"),
    "psycopg": ("connectors/postgres", "streams/demo"),
    "aiormq": ("connectors/rabbitmq", "streams/simulator"),
    "google": ("connectors/pubsub", "streams/simulator"),
    "grpc": ("connectors/pubsub", "streams/simulator"),
}
# From the ground up: a file belongs at least as high as the highest room that it imports.
FLOORS = (
    *("streams/ops", "streams/events", "streams/payloads", "streams/tables", "streams/kafka", "streams/engine"),
    *("streams/alerts", "streams/letters", "streams/status", "streams/doors"),
    *("streams/lineage", "streams/agents", "connectors"),
    *("streams/simulator", "streams/doctor", "streams/demo", "streams/cli"),
)


def imports(source: str) -> set[str]:
    """Full names of the modules that a file imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def libraries(names: set[str]) -> list[str]:
    """Those of LIBRARIES that are among the imports."""
    return sorted(LIBRARIES.keys() & {name.split(".")[0] for name in names})


def room_of(path: str) -> str:
    """`streams/kafka/reader.py` → `streams/kafka`; of a connector its package: `connectors`."""
    parts = path.split("/")
    return parts[0] if parts[0] == "connectors" else "/".join(parts[:2])


def complaints(path: str, source: str) -> Iterator[str]:
    """What is wrong with where a file lies, each with the room that is right. `path` is relative to the repository."""
    names = imports(source)
    package, *_, file = path.split("/")
    if path == f"{package}/{file}":
        if file not in LOOSE[package]:
            yield f"{path} lies beside the rooms. By what it imports it belongs in {sentence(home(names))}"
        return
    for library in libraries(names):
        allowed = LIBRARIES[library]
        if not path.startswith(tuple(f"{room}/" for room in allowed)):
            yield f"{path} imports {library}. What needs it belongs in {sentence(allowed[0])}"
    highest = home({name for name in names if room_of(name.replace(".", "/")) in FLOORS})
    if floor(highest) > floor(room_of(path)):
        yield f"{path} imports {highest}, a floor above it. Such a file belongs in {sentence(highest)}"


def home(names: set[str]) -> str:
    """The lowest room in which a file with these imports may lie."""
    by_library = [
        LIBRARIES[library][0] for library in sorted(LIBRARIES.keys() & {name.split(".")[0] for name in names})
    ]
    by_room = [room for room in sorted({room_of(name.replace(".", "/")) for name in names}) if room in FLOORS]
    return max([*by_library, *by_room], key=floor, default=FLOORS[0])


def floor(room: str) -> int:
    """From 0, the ground. All connectors are on one."""
    return FLOORS.index("connectors" if room.startswith("connectors") else room)


def sentence(room: str) -> str:
    """`streams/kafka ("Records on Kafka: ...")`."""
    init = ROOT / room / "__init__.py"
    text = ast.get_docstring(ast.parse(init.read_text())) if init.is_file() else None
    return f'{room} ("{text.splitlines()[0]}")' if text else f"{room}, a connector of its own"


def main() -> int:
    found = [
        complaint
        for package in LOOSE
        for path in sorted((ROOT / package).rglob("*.py"))
        for complaint in complaints(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
